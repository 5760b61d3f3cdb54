-- A journal as version 1 of its file left it. Never changed: it stands for the files that companies have.

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

insert into epochs values ('e0', 0, 1700000000000);
insert into ended (extension, id, epoch, seq, direction, number, ended_at, end_reason, call, seen_at) values
  ('101', '1700000000.1', 'e0', 3, 'inbound', '+74950000001', 1700000010000, 'missed',
  '{"id":"1700000000.1","direction":"inbound","state":"ended","party":{"number":"+74950000001","display":"+7 495 000-00-01","name":null,"internal":false,"client":null,"url":null},"dialed":null,"queue":null,"transferredBy":null,"startedAt":1700000000000,"answeredAt":null,"endedAt":1700000010000,"endReason":"missed","answeredBy":null}', 1700000020000);
insert into ended (extension, id, epoch, seq, direction, number, ended_at, end_reason, call, seen_at) values
  ('101', '1700000000.2', 'e0', 5, 'inbound', '+74950000001', 1700000010000, 'missed',
  '{"id":"1700000000.2","direction":"inbound","state":"ended","party":{"number":"+74950000001","display":"+7 495 000-00-01","name":null,"internal":false,"client":null,"url":null},"dialed":null,"queue":null,"transferredBy":null,"startedAt":1700000000000,"answeredAt":null,"endedAt":1700000010000,"endReason":"missed","answeredBy":null}', null);
pragma user_version = 1;
