INSERT INTO contacts VALUES (:id, :number, :email, :name, 'Example Mills', 'a price list', NULL);
INSERT INTO invoices VALUES (:id + 1, :id, :name, 480.00, '2026-03-01');
INSERT INTO account_notes VALUES (:id + 2, :id, '2027-03-01', 'Asked about ' || :tag || '; explained.');
INSERT INTO participations VALUES (:id + 3, :id, 'survey', 'content', true);
INSERT INTO visits VALUES (:id + 4, :id, '/prices', true, true);
INSERT INTO devices VALUES (:id + 5, :id, '192.0.2.11', 'phone ' || :tag, true);
INSERT INTO locations VALUES (:id + 6, :id, 51.47789, -0.00147, true);
INSERT INTO supplements VALUES (:id + 7, :id, 'a public register', 'company', 'Example Mills', true);
INSERT INTO told_by_others VALUES (:id + 8, :id, 'a colleague', 'an invitation to a survey');
