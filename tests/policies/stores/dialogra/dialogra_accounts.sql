-- Accounts, what their holders agreed to, and what payment providers and sister products added.
CREATE TABLE accounts (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    username      text NOT NULL UNIQUE,
    password_hash text,
    full_name     text,
    phone         text,
    city          text,
    shared_since  date,
    created_on    date NOT NULL,
    restricted_at timestamptz
);

CREATE TABLE preferences (
    account_id      bigint PRIMARY KEY REFERENCES accounts (id),
    offers          boolean NOT NULL DEFAULT true,
    group_marketing boolean NOT NULL DEFAULT false,
    advertisers     boolean NOT NULL DEFAULT false,
    changed_on      date NOT NULL
);

CREATE TABLE completed (
    id         bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id),
    came_from  text NOT NULL,
    fact       text NOT NULL,
    value      text
);

CREATE TABLE plans (code text PRIMARY KEY, title text NOT NULL);
INSERT INTO plans VALUES ('basic', 'Basic'), ('pro', 'Pro');
