INSERT INTO subscribers (id, email, newsletters_read) VALUES (:id, :email, 4);
