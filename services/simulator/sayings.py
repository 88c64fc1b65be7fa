"""What people say: praise and questions in several alphabets, complaints, insults, and scams in
plain sight or in disguise."""

from random import Random

EVERYDAY = (
    "love it 😍",
    "wow 🔥🔥🔥",
    'they said "never again" \\o/',
    "Wie groß ist die Größe M?",
    "¿Tienen en talla 38? ¡Gracias!",
    "👩\u200d👩\u200d👧\u200d👦 for the whole family!",
    "see https://shop.example/sale?x=1&y=2 <3",
    "50% off? @friend look",
    "line one\nline two\ttabbed",
    "❤️",
    "Thank you so much, it arrived today 🎉",
    "Дуже гарно, дякую!",
    "素敵ですね",
    "예뻐요 ㅎㅎ",
    "رائع جدا 🙏",
    "יפה מאוד",
)
QUESTIONS = (
    "How much is it?",
    "price please?",
    "Was kostet das?",
    "Combien ça coûte ?",
    "¿Cuánto cuesta?",
    "Πόσο κοστίζει;",
    "Скільки коштує доставка?",
    "كم السعر؟ 🙏",
    "כמה זה עולה?",
    "これはいくらですか。",
    "얼마예요?",
    "कितने का है?",
    "Giá bao nhiêu vậy shop?",
    "多少钱…",
    "ราคาเท่าไหร่คะ",
    "Do you ship to Portugal?",
    "Liefert ihr auch nach Österreich?",
    "İstanbul'a gönderiyor musunuz?",
    "Où puis-je l'acheter ?",
    "When do you open on Sunday?",
    "Wann habt ihr geöffnet?",
    "¿A qué hora abren?",
)
COMPLAINTS = (
    "this is the worst service ever",
    "still waiting for my order #20417, nobody answers",
    "arrived broken, I want a refund",
    "Seit drei Wochen keine Lieferung!",
    "Je n'ai jamais reçu ma commande",
    "Nunca más compro aquí, muy mal",
)
INSULTS = (
    "you are all idiots",
    "what a stupid clown runs this page",
    "1d10ts, all of you",
    "ihr seid doch alle Idioten",
    "bande d'imbéciles",
    "sois unos imbéciles",
)
SCAMS = (
    "spam spam http://win.example/prize",
    "Congratulations, you are our winner! Claim at https://claim-prize.example/now",
    "earn 500$ a day from home, text me on telegram @easy.money",
    "invest in crypto with my mentor, he doubled my money in a week",
    "DM @collab.brand for a collab 💌",
    "free followers at bit.example/grow",
)
DISGUISED = (
    "f.r.e.e f.o.l.l.o.w.e.r.s",
    "fr33 f0ll0wers",
    "f r e e  f o l l o w e r s 🚀",
    "free f\u043ell\u043ewers",
    "fr\u200bee fol\u200blowers",
    "FREE_FOLLOWERS",
    "\U0001d41f\U0001d42b\U0001d41e\U0001d41e followers",
)
SPREAD = (
    "Get rich with my mentor, he changed my life",
    "Best page to buy followers is grow.example",
    "I got my money back thanks to @recovery.expert",
)
"""What is said again and again, by one person or by many, never quite the same."""

AUTOMATIC = "Thanks for your message! This is an automatic reply, we will get back to you."
"""What somebody else's bot answers to whatever it gets."""

_ENDS = ("", " ", "!", "!!", " 🔥", " 💯", " 👇", "...", " 1", " 2", " 3")
_TALK = (
    (EVERYDAY, 56),
    (QUESTIONS, 20),
    (COMPLAINTS, 5),
    (INSULTS, 6),
    (SCAMS, 6),
    (DISGUISED, 7),
)
_SORTS = [sort for sort, _ in _TALK]
_SHARES = [share for _, share in _TALK]


def saying(rng: Random) -> str:
    """Something a person would write, which a business would not always want to stand."""
    return rng.choice(rng.choices(_SORTS, _SHARES)[0])


def nuisance(rng: Random) -> str:
    """Something that nobody wants to stand."""
    return rng.choice(rng.choice((INSULTS, SCAMS, DISGUISED)))


def nearly(text: str, rng: Random) -> str:
    """`text` with another end, as those write who are paid by the piece."""
    return text + rng.choice(_ENDS)
