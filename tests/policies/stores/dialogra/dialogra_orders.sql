-- Orders (how the service is used) and the transactions that pay for them.
CREATE TABLE customers (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    full_name     text,
    in_statistics boolean NOT NULL DEFAULT true,
    restricted_at timestamptz
);

CREATE TABLE orders (
    id                bigint PRIMARY KEY,
    customer_id       bigint NOT NULL REFERENCES customers (id),
    product           text NOT NULL,
    ordered_on        date NOT NULL,
    account_closed_on date,
    restricted_at     timestamptz
);

CREATE TABLE transactions (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    order_id    bigint,
    amount      numeric(10, 2) NOT NULL,
    currency    char(3) NOT NULL,
    payer       text,
    booked_on   date NOT NULL
);
