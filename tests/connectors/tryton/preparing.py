"""What an administrator of the tests' Tryton clicks: a script for Tryton's own Python (GPL-3: its own process)."""

from __future__ import annotations

PASSWORD = "a-long-Passphrase-7"

ANN, JOANN, BOB, CARL, STAFF = (
    "ann@example.org",
    "joann@example.org",
    "bob@example.org",
    "carl@example.org",
    "erin@firm.example",
)
ANNS_PHONE, CARLS_PHONE = "+4512345678", "+4587654321"
ANNS_NUMBER = "211062-5629"
LOGINS = ("habeas", "clerk", "narrow")
"""The first may do what the connector needs; the second nothing but what everybody may; the third sees one company."""

SCRIPT = r"""
import datetime, json, sys
from decimal import Decimal
from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency
from trytond.transaction import Transaction

told = json.loads(sys.argv[1])
made = config.set_trytond(database=told["database"], config_file=told["config"])
get = Model.get
create_company(currency=get_currency("EUR"))
company = get_company()
year = create_fiscalyear(company, (datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)))
set_fiscalyear_invoice_sequences(year).click("create_period")
create_chart(company)
accounts = get_accounts(company)
method = get("account.invoice.payment.method")()
method.name, method.journal = "Cash", get("account.journal").find([["type", "=", "cash"]], limit=1)[0]
method.credit_account = method.debit_account = accounts["cash"]
method.save()

Category = get("party.category")
for name in ("Friends", "Restricted", "No marketing"):
    Category(name=name).save()

def party(name, mail, phone=None, street=None, number=None):
    one = get("party.party")(name=name)
    one.addresses[0].street_unstructured = street
    one.addresses[0].city = "Aarhus"
    one.contact_mechanisms.new(type="email", value=mail)
    if phone:
        one.contact_mechanisms.new(type="phone", value=phone, comment=f"Ask for {name}")
    if number:
        one.identifiers.new(type="dk_cpr", code=number)
    one.save()
    return one

def invoice(of, text, *, paid=False, posted=False, payee=None):
    one = get("account.invoice")()
    one.type = "out"
    one.party, one.invoice_date, one.comment = of, datetime.date(2025, 3, 1), f"For {of.name}"
    line = one.lines.new()
    line.description, line.quantity, line.unit_price, line.account = text, 1, Decimal(100), accounts["revenue"]
    if payee:
        one.alternative_payees.append(payee)
    one.save()
    if paid or posted:
        one.click("post")
    if paid:
        pay = one.click("pay")
        pay.form.payment_method, pay.form.date = method, datetime.date(2025, 4, 1)
        pay.form.amount = one.total_amount
        pay.execute("choice")
        one.reload()
        assert one.state == "paid", one.state
    return one

def resources(of, word):
    Note, File = get("ir.note"), get("ir.attachment")
    Note(resource=of, message=f"{word} called").save()
    File(resource=of, name=f"{word}.txt", type="data", data=f"A letter of {word}".encode()).save()

erin = party("Erin Staff", told["staff"])
employee = get("company.employee")(party=erin, company=company)
employee.save()

ids = {}
for name, mail, phone, number in (
    ("Ann Arla", "Ann@Example.org", "+45 12 34 56 78", told["number"]),
    ("Carl Carlsen", told["carl"], "0045 87 65 43 21", "010180-0008"),
    ("Joann Jensen", told["joann"], None, None),
    ("Bob Berg", told["bob"], None, None),
):
    word = name.split()[0]
    one = party(name, mail, phone, f"Long Street 7, {word}", number)
    ids[word] = one.id
    if word in ("Ann", "Carl"):
        one.categories.append(Category.find([["name", "=", "Friends"]])[0])
        one.save()
        old = party(f"{name} (old)", f"old.{mail.lower()}")
        replace = Wizard("party.replace", [old])
        replace.form.source, replace.form.destination = old, one
        warned = get("res.user.warning")(user=made.user, name=f"party.replace name {old.id} {one.id}", always=False)
        warned.save()
        replace.execute("replace")
        resources(one, word)
        resources(invoice(one, f"Advice to {name}", paid=True), word)
        invoice(one, f"Draft for {name}")
        line = get("account.invoice.line")(party=one, company=company, currency=company.currency, invoice_type="out")
        line.description, line.quantity, line.unit_price, line.account = word, 1, Decimal(5), accounts["revenue"]
        line.save()
    elif word == "Bob":
        invoice(one, "A gift", paid=True, payee=get("party.party")(ids["Ann"]))

User, Group, Access = get("res.user"), get("res.group"), get("ir.model.access")
privacy = Group(name="Privacy")
privacy.save()
Access(model="ir.email", group=privacy, perm_read=True, perm_write=True, perm_create=False, perm_delete=True).save()
for login, groups in (("habeas", told["groups"]), ("clerk", []), ("narrow", told["groups"])):
    seen = "all" if login == "habeas" else "one"
    user = User(name=login, login=login, password=told["password"], company_filter=seen)
    for name in groups:
        user.groups.append(Group.find([["name", "=", name]])[0])
    user.companies.append(get("company.company")(company.id))
    user.company = company
    user.save()

with Transaction().start(told["database"], 1) as transaction:
    made.pool.get("ir.email").create([
        {"recipients": mail, "subject": f"Dear {word}", "body": "<p>Hello</p>", "resource": f"party.party,{ids[word]}"}
        for word, mail in (("Ann", told["ann"]), ("Carl", told["carl"]))
    ])
    transaction.commit()
print(json.dumps(ids))
"""
