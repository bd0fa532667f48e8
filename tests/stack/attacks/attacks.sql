-- Ways to make the books say something else. A line `-- ROLE: what` begins an attack by that role, `-- anybody` one
-- that every role tries; `-- then` ends a transaction. Sources: section 2 of the study of ledgers, and our own.

-- anybody: UPDATE a transfer
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- anybody: UPDATE a decision
update decision set state = 9;

-- anybody: DELETE a block
delete from block where block_no = 1;

-- anybody: TRUNCATE the transfers
truncate transfer;

-- anybody: INSERT … ON CONFLICT DO UPDATE
insert into transfer select * from transfer on conflict (leaf_no) do update set amount_minor = transfer.amount_minor +
1;

-- anybody: MERGE … UPDATE
merge into transfer t using (select 1) s on t.leaf_no = (select min(leaf_no) from transfer where reverses is null)
when matched then update set amount_minor = 1;

-- anybody: session_replication_role = replica, then UPDATE
set session_replication_role = replica;
-- then
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- anybody: ALTER TABLE … DISABLE TRIGGER, then UPDATE
alter table transfer disable trigger all;
-- then
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- anybody: DROP TRIGGER, then UPDATE
drop trigger append_only_row on transfer;
-- then
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- anybody: CREATE OR REPLACE FUNCTION of the trigger, then UPDATE
create or replace function refuse_change() returns trigger language plpgsql as $$begin return new; end$$;
-- then
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- anybody: CREATE RULE … DO INSTEAD NOTHING on INSERT
create rule swallow as on insert to transfer do instead nothing;

-- anybody: ALTER COLUMN … TYPE … USING, which fires no trigger
alter table transfer alter amount_minor type bigint using amount_minor + 1;

-- anybody: DROP COLUMN and ADD COLUMN with another default
alter table decision drop column amount_minor;
-- then
alter table decision add amount_minor bigint default 1;

-- anybody: a child table by INHERITS, without triggers, whose rows show in the parent
create table more () inherits (transfer);
-- then
insert into more select * from only transfer;

-- anybody: the table renamed, a VIEW with other amounts in its place
create temp table kept as select * from transfer;
-- then
alter table transfer rename to transfer_true;
-- then
create view transfer as select leaf_no, block_no, subject, version, leg, step, debit_account, credit_account,
amount_minor * 2 as amount_minor, currency, effective_date, reverses from transfer_true;

-- anybody: GRANT UPDATE to the writer
grant update, delete, truncate on transfer to spp_writer;

-- anybody: ALTER TABLE … OWNER TO
alter table transfer owner to current_user;

-- anybody: DROP TABLE
drop table block cascade;

-- anybody: DROP EVENT TRIGGER
drop event trigger refuse_ddl;
-- then
drop event trigger refuse_drop;

-- anybody: a row-level security policy that hides rows
alter table transfer enable row level security;
-- then
create policy hide on transfer using (false);

-- anybody: a partitioned table put in its place, and the rows detached
alter table transfer rename to transfer_old;
-- then
create table transfer (like transfer_old) partition by range (leaf_no);
-- then
alter table transfer attach partition transfer_old for values from (minvalue) to (maxvalue);
-- then
alter table transfer detach partition transfer_old;

-- writer: COPY a transfer into no block
insert into transfer select 1000000, block_no, subject, version + 100, leg, step, debit_account, credit_account,
amount_minor, currency, effective_date, null from transfer where leaf_no = (select min(leaf_no) from transfer where
reverses is null);

-- writer: a reversal above the original
insert into transfer select leaf_no + 1000000, block_no, subject, version + 100, leg, step, credit_account,
debit_account, amount_minor + 1, currency, effective_date, leaf_no from transfer where leaf_no = (select min(leaf_no)
from transfer where reverses is null);

-- writer: a second reversal of what is taken back already
insert into transfer select leaf_no + 1000000, block_no, subject, version + 100, leg, step, credit_account,
debit_account, amount_minor, currency, effective_date, leaf_no from transfer where leaf_no = (select min(leaf_no) from
transfer where reverses is null); insert into transfer select leaf_no + 1010001, block_no, subject, version + 101,
leg, step, credit_account, debit_account, amount_minor, currency, effective_date, leaf_no from transfer where leaf_no
= (select min(leaf_no) from transfer where reverses is null);

-- writer: a reversal of nothing
insert into transfer select leaf_no + 1000000, block_no, subject, version + 100, leg, step, credit_account,
debit_account, amount_minor, currency, effective_date, 999999 from transfer where leaf_no = (select min(leaf_no) from
transfer where reverses is null);

-- writer: a temporary table of the same name in front of the trigger's look-up
create temp table transfer (like public.transfer); insert into pg_temp.transfer select leaf_no, block_no, subject,
version, leg, step, debit_account, credit_account, 9000000000, currency, effective_date, reverses from
public.transfer; insert into public.transfer select leaf_no + 1000000, block_no, subject, version + 100, leg, step,
credit_account, debit_account, amount_minor * 2, currency, effective_date, leaf_no from public.transfer where leaf_no
= (select min(leaf_no) from public.transfer);

-- writer: an amount of nothing
insert into transfer select 1000000, block_no, subject, version + 100, leg, step, debit_account, credit_account, 0,
currency, effective_date, null from transfer where leaf_no = (select min(leaf_no) from transfer where reverses is
null);

-- writer: a second block after the same block
insert into block select block_no + 100, prev_hash, first_leaf + 1000000, leaf_count, root, totals, policy_digest,
recorded_us, writer, journal, 'x' from block where block_no = 1;

-- writer: a second checkpoint after the same checkpoint
insert into checkpoint select size + 1, prev_size, root, note, sealed_us from checkpoint;

-- writer: a checkpoint signed by nobody
insert into checkpoint select size + 1, size, root, replace(note, size::text, (size + 1)::text), sealed_us from
checkpoint order by size desc limit 1;

-- writer: set role to the owner
set role spp_owner;
-- then
update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer);

-- writer: pg_read_file and COPY TO PROGRAM
copy (select 1) to program 'true';

-- superuser: an amount changed with triggers off for a moment
set session_replication_role = replica; alter table transfer disable trigger user; update transfer set amount_minor =
amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer); alter table transfer enable always trigger
append_only_row, enable always trigger append_only_truncate;

-- superuser: a decision's state changed
set session_replication_role = replica; alter table decision disable trigger user; update decision set state = 9 where
version = 1; alter table decision enable always trigger append_only_row, enable always trigger append_only_truncate;

-- superuser: an account renamed
set session_replication_role = replica; alter table account disable trigger user; update account set code = code ||
'x'; alter table account enable always trigger append_only_row, enable always trigger append_only_truncate;

-- superuser: a transfer put into an earlier block
set session_replication_role = replica; alter table transfer disable trigger user; update transfer set block_no = 1
where leaf_no = (select max(leaf_no) from transfer); alter table transfer enable always trigger append_only_row,
enable always trigger append_only_truncate;

-- superuser: two rows swapped
set session_replication_role = replica; alter table transfer disable trigger user; update transfer set leaf_no =
leaf_no + 5000000 where leaf_no in (select leaf_no from transfer order by 1 limit 2); update transfer set leaf_no =
(select sum(leaf_no) from (select distinct leaf_no from transfer where leaf_no >= 5000000) x)::bigint - leaf_no -
5000000 where leaf_no >= 5000000; alter table transfer enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: the last block and its rows deleted
set session_replication_role = replica; alter table transfer disable trigger user; alter table decision disable
trigger user; alter table block disable trigger user; delete from transfer where block_no = (select max(block_no) from
block); delete from decision where block_no = (select max(block_no) from block); delete from block where block_no =
(select max(block_no) from block);

-- superuser: the last block, its rows and its checkpoint deleted
set session_replication_role = replica; alter table transfer disable trigger user; alter table decision disable
trigger user; alter table block disable trigger user; alter table checkpoint disable trigger user; alter table
cosignature disable trigger user; delete from transfer where block_no = (select max(block_no) from block); delete from
decision where block_no = (select max(block_no) from block); delete from block where block_no = (select max(block_no)
from block); delete from cosignature where size = (select max(size) from checkpoint); delete from checkpoint where
size = (select max(size) from checkpoint);

-- superuser: a header's time changed
set session_replication_role = replica; alter table block disable trigger user; update block set recorded_us = 1;
alter table block enable always trigger append_only_row, enable always trigger append_only_truncate;

-- superuser: an audit's actor changed
set session_replication_role = replica; alter table quarantine_audit disable trigger user; update quarantine_audit set
actor = 'nobody'; alter table quarantine_audit enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: an audit's note changed
set session_replication_role = replica; alter table quarantine_audit disable trigger user; update quarantine_audit set
note = 'x'; alter table quarantine_audit enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: a quarantined record changed after it was judged
set session_replication_role = replica; alter table quarantine disable trigger user; update quarantine set value =
'x'; alter table quarantine enable always trigger append_only_row, enable always trigger append_only_truncate;

-- superuser: who approved a policy changed
set session_replication_role = replica; alter table policy_activation disable trigger user; update policy_activation
set approved_by = 'nobody'; alter table policy_activation enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: a signing key exchanged
set session_replication_role = replica; alter table signing_key disable trigger user; update signing_key set
public_key = decode(repeat('07', 32), 'hex'); alter table signing_key enable always trigger append_only_row, enable
always trigger append_only_truncate;

-- superuser: a tile changed
set session_replication_role = replica; alter table tile disable trigger user; update tile set hashes = overlay(hashes
placing '\x00' from 9); alter table tile enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: a root changed
set session_replication_role = replica; alter table checkpoint disable trigger user; update checkpoint set note =
replace(note, 'block', 'blocc'); alter table checkpoint enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: who approved that a period opened changed
set session_replication_role = replica; alter table period_event disable trigger user; update period_event set
approved_by = 'nobody'; alter table period_event enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- superuser: the days of a period changed
set session_replication_role = replica; alter table period_request disable trigger user; update period_request set
last_day = last_day + 1; alter table period_request enable always trigger append_only_row, enable always trigger
append_only_truncate;

-- writer: an audit that never becomes a leaf
insert into quarantine_audit (quarantine_no, action, actor, note) values (1, 'refused', 'nobody', ''); delete from
awaiting_leaf;

-- writer: a signing key that never becomes a leaf
insert into signing_key (origin, algorithm, public_key, actor, os_user, note) values ('x', 1, decode(repeat('07', 32),
'hex'), 'nobody', 'nobody', ''); delete from awaiting_leaf;

-- writer: a period opened in no leaf
insert into period_request (period, kind, first_day, last_day, asked_by, os_user, note) values ('2030', 1,
'2030-01-01', '2030-12-31', 'nobody', 'nobody', ''); insert into period_event select 2, now(), max(request_no),
'somebody', 'nobody', '', block_no, hash from period_request, block where block_no = (select max(block_no) from block)
group by block_no, hash; delete from awaiting_leaf;

-- writer: a digest of the catalogue that never becomes a leaf
insert into schema_digest (digest, objects, summary) values (decode(repeat('07', 32), 'hex'), 1, '{}'); delete from
awaiting_leaf;
