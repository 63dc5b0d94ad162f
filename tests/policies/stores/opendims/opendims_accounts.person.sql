INSERT INTO profiles VALUES (
    :id, :number, :email, :name, 'Eksempelvej 7', '+45' || right('00000000' || :id::text, 8), NULL
);
INSERT INTO logins VALUES (:id + 1, :id, 'user-' || :tag, 'argon2id$' || :tag);
INSERT INTO uses VALUES (:id + 2, :id, '192.0.2.13', 'exported a list', :today - 8, true, true);
INSERT INTO cookies VALUES (:id + 3, :id, 'choices', 'c-' || :tag, true);
INSERT INTO partner_data VALUES (:id + 4, :id, 'Example Partner', :name);
INSERT INTO marketing VALUES (:id + 5, :id, '2025-09-01', true);
