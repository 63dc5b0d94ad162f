INSERT INTO contacts VALUES (:id, :number, 'Example Clinic', :name, :email, '+4721' || right(:id::text, 6), 'contact', NULL);
INSERT INTO admin_users VALUES (:id + 1, :id, 'admin-' || :tag, '010190-' || :tag, false);
INSERT INTO correspondence VALUES (:id + 2, :id, NULL, 'email', :today - 90, NULL, 'How do I reset ' || :tag || '?');
INSERT INTO invoice_letters VALUES (:id + 3, :id, 'R-' || :tag, :today - 300, 'Invoice R-' || :tag || ' is attached.');
