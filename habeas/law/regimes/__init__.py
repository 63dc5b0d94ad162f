"""The law as data: one file per regime, to be read by lawyers. See `habeas.law` for what is done with them."""
