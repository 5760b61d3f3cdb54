// The tables of the journal's file and how an older file becomes a newer one. Pure; `journal/store.ts` carries it out.
// A released entry is never changed: what is new is a further entry, and `user_version` counts them.

/** `before_n`: the newest row when the epoch began, so that a place in the lines can be found among the rows. */
const VERSION_1 = `
  create table epochs (epoch text primary key, before_n integer not null, began_at integer not null) strict;
  create table ended (
    n integer primary key autoincrement,
    extension text not null,
    id text not null,
    epoch text not null,
    seq integer not null,
    direction text not null,
    number text,
    ended_at integer not null,
    end_reason text not null,
    answered_by text,
    call text not null,
    seen_at integer,
    returned_at integer,
    unique (extension, id)
  ) strict;
  create index ended_by_place on ended (extension, epoch, seq);
  create index ended_by_time on ended (ended_at);
  create index missed on ended (extension, n) where direction = 'inbound' and end_reason in ('missed', 'busy');
  create index missed_by_number on ended (number) where direction = 'inbound' and end_reason in ('missed', 'busy');
`;

export const MIGRATIONS: readonly string[] = [VERSION_1];
