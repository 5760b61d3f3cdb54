// The tables of the pairing file and how an older file becomes a newer one. Pure; `pairing/store.ts` carries it out. A released
// entry is never changed: what is new is a further entry, and `user_version` counts them.

const VERSION_1 = `
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
`;

export const MIGRATIONS: readonly string[] = [VERSION_1];
