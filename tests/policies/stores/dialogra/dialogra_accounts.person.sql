INSERT INTO accounts VALUES (
    :id, :number, :email, 'user-' || :tag, 'argon2id$' || :tag, :name, '+4521' || right(:id::text, 6), 'Lyon', '2025-02-01',
    '2024-05-01', NULL
);
INSERT INTO preferences VALUES (:id, true, true, true, '2024-05-01');
INSERT INTO completed VALUES (:id + 1, :id, 'Example Payments', 'card holder', :name);
