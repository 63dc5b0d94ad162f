INSERT INTO callers VALUES (:id, :email, '+4521' || right(:id::text, 6), :name, NULL, :today - 12);
INSERT INTO calls VALUES (:id + 1, :id, :today - 400, 12, 'Une facture');
INSERT INTO dialogues VALUES (:id + 2, :id, :today - 200, 'Bonjour, ma facture ' || :tag || ' est fausse.');
INSERT INTO recordings VALUES (:id + 3, :id, :today - 12, 'appel-' || :tag || '.wav', 'audio/wav', decode('52494646', 'hex'));
