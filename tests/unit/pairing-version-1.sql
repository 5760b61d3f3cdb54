-- Who was paired, as version 1 of the pairing file left it. Never changed: it stands for the files that companies have. The browser
-- of 101 holds the token "a-token-of-version-1".

  create table devices (
    id text primary key,
    extension text not null,
    token_hash text not null unique,
    name text not null,
    paired_at integer not null,
    seen_at integer not null,
    revoked_at integer
  ) strict;
  create index devices_by_extension on devices (extension);
  create table invitations (
    hash text primary key,
    extension text not null,
    expires_at integer not null
  ) strict;
  create table audit (
    n integer primary key autoincrement,
    at integer not null,
    what text not null,
    extension text,
    by text,
    reason text,
    count integer not null
  ) strict;

insert into devices values
  ('0123456789abcdef', '101', '-v3NtgjtQ8YhCxOkcVK7a-X81dkFGtF2ooam_QRzfxE', 'Chrome on Windows', 1700000000000, 1700000005000, null),
  ('fedcba9876543210', '101', 'revoked', 'Firefox on Linux', 1700000000000, 1700000001000, 1700000002000);
insert into audit (at, what, extension, by, reason, count) values (1700000000000, 'paired', '101', 'phone', null, 1);
pragma user_version = 1;
