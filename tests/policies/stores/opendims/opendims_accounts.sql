-- User profiles and what goes with them.
CREATE TABLE profiles (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    full_name     text,
    address       text,
    phone         text,
    restricted_at timestamptz
);

CREATE TABLE logins (
    id            bigint PRIMARY KEY,
    profile_id    bigint NOT NULL REFERENCES profiles (id),
    username      text NOT NULL UNIQUE,
    password_hash text
);

CREATE TABLE uses (
    id         bigint PRIMARY KEY,
    profile_id bigint NOT NULL REFERENCES profiles (id),
    ip_address inet,
    action     text NOT NULL,
    used_on    date NOT NULL,
    analysed   boolean NOT NULL DEFAULT true,
    watched    boolean NOT NULL DEFAULT true
);

CREATE TABLE cookies (
    id         bigint PRIMARY KEY,
    profile_id bigint NOT NULL REFERENCES profiles (id),
    name       text NOT NULL,
    value      text,
    allowed    boolean NOT NULL DEFAULT true,
    stopped_on  date,
    delete_from date GENERATED ALWAYS AS (stopped_on) STORED
);

CREATE TABLE partner_data (
    id         bigint PRIMARY KEY,
    profile_id bigint NOT NULL REFERENCES profiles (id),
    partner    text NOT NULL,
    value      text
);

CREATE TABLE marketing (
    id         bigint PRIMARY KEY,
    profile_id bigint NOT NULL REFERENCES profiles (id),
    agreed_on  date NOT NULL,
    subscribed boolean NOT NULL DEFAULT true,
    stopped_on  date,
    delete_from date GENERATED ALWAYS AS (stopped_on) STORED
);
