CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, email text NOT NULL, phone text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON users (lower(email));
CREATE TABLE tickets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, subject text,
    status text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON tickets (user_id);
CREATE TABLE comments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES tickets, body text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON comments (ticket_id);

INSERT INTO users (name, email, phone)
SELECT 'Bench Person ' || n, 'person' || n || '@example.com', '+4531' || lpad(n::text, 6, '0')
FROM generate_series(1, :people) AS n;
INSERT INTO tickets (user_id, subject, status)
SELECT id, 'Parcel ' || n, 'solved' FROM users, generate_series(1, 5) AS n;
INSERT INTO comments (ticket_id, body)
SELECT id, repeat('It has not come yet. ', 5) FROM tickets, generate_series(1, 3) AS n;
