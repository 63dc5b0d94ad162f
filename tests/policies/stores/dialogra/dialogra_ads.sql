-- Who reacted to which campaign; addresses and cookies of the devices.
CREATE TABLE visitors (
    id            bigint PRIMARY KEY,
    email         text,
    ip_address    inet,
    cookie        text,
    watched       boolean NOT NULL DEFAULT true,
    restricted_at timestamptz
);

CREATE TABLE reactions (
    id            bigint PRIMARY KEY,
    visitor_id    bigint NOT NULL REFERENCES visitors (id),
    campaign      text NOT NULL,
    reaction      text NOT NULL,
    reacted_at    timestamptz NOT NULL,
    for_offers    boolean NOT NULL DEFAULT true,
    in_statistics boolean NOT NULL DEFAULT true
);
