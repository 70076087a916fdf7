-- What is known of a box's recent failures: a JSON object, absent where there is nothing to remember. Changes of
-- intent by a person take it away.
alter table boxes add column breaker text;
