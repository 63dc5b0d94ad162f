-- How one pays, and what was paid. Numbers of cards are with the payment service, never here.
CREATE TABLE payers (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    full_name     text,
    billed_to     text,
    method        text,
    restricted_at timestamptz
);

CREATE TABLE payments (
    id        bigint PRIMARY KEY,
    payer_id  bigint NOT NULL REFERENCES payers (id),
    reference text NOT NULL,
    amount    numeric(10, 2) NOT NULL,
    paid_on   date NOT NULL
);
