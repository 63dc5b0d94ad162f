-- What users entered; and the people whose data customers of OpenDIMS uploaded, about whom those customers decide.
CREATE TABLE authors (
    id            bigint PRIMARY KEY,
    email         text,
    full_name     text,
    restricted_at timestamptz
);

CREATE TABLE products (
    id        bigint PRIMARY KEY,
    author_id bigint NOT NULL REFERENCES authors (id),
    title     text NOT NULL,
    text      text
);

CREATE TABLE uploaded_people (
    id          bigint PRIMARY KEY,
    owner_email text NOT NULL,
    email       text,
    full_name   text,
    bought      text
);
