INSERT INTO customers VALUES (
    :id, :number, :email, :name, 'Example Works', 'Buyer', '5 Example Road', '+1416' || right(:id::text, 7), NULL
);
INSERT INTO accounts VALUES (:id + 1, :id, :email, 'argon2id$' || :tag, '2025-05-01');
INSERT INTO orders VALUES (:id + 2, :id, 'order', 'Digital frame', '2026-02-03');
INSERT INTO orders VALUES (:id + 3, :id, 'subscription', 'Dimpo Plus', '2025-06-01');
INSERT INTO comments VALUES (:id + 4, :id, '/frames', 'Lovely, says ' || :tag);
INSERT INTO visits VALUES (:id + 5, :id, '192.0.2.9', 'Ontario', 'Example Browser 9', '/frames', true);
INSERT INTO told_by_others VALUES (:id + 6, :id, 'Example Resellers', 'organization', 'Example Works');
INSERT INTO told_by_others VALUES (:id + 7, :id, 'your employer', 'e-mail address', :email);
