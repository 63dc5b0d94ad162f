INSERT INTO subscribers VALUES (
    :id, :email, :name, 'Example Mills', 'Miller', '+4420' || right(:id::text, 8), 'Leeds', 'GB', true, NULL
);
