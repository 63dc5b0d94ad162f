INSERT INTO requesters VALUES (:id, :email, :name, NULL);
INSERT INTO messages VALUES (:id + 1, :id, :today - 15, 'Where do I find ' || :tag || '?', true);
