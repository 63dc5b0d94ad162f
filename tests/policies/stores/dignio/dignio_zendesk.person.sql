INSERT INTO visitors VALUES (:id, :email, :name, :today - 10);
INSERT INTO chats VALUES (:id + 1, :id, :today - 10, 'Do you ship ' || :tag || '?');
