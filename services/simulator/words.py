"""What people say and are called: several alphabets, right-to-left, emoji beyond the BMP, links."""

from random import Random

NAMES = (
    ("Ana Duarte", "ana.duarte"),
    ("Jonas Weiß", "jonas_weiss"),
    ("Μαρία Παππά", "maria.pappa"),
    ("Олена Коваль", "olena_koval"),
    ("سارة حداد", "sara.haddad"),
    ("יעל כהן", "yael_cohen"),
    ("佐藤 葵", "aoi.sato"),
    ("김민준", "minjun_kim"),
    ("आरव शर्मा", "aarav.sharma"),
    ("Nguyễn Thị Mai", "mai_nguyen"),
    ("王小明", "xiaoming.wang"),
    ("Zoë O'Brien", "zoe_obrien"),
    ("ณัฐ ศรีสุข", "nat.srisuk"),
    ("🌸 Lila 🌸", "lila_blooms"),
    ("Łukasz Żak", "lukasz.zak"),
    ("Fatoumata Bâ", "fatou_ba"),
    ("Çağla Güneş", "cagla.gunes"),
)
SAYINGS = (
    "love it 😍",
    "How much is it?",
    "Do you ship to Portugal?",
    "When do you open on Sunday?",
    "wow 🔥🔥🔥",
    'they said "never again" \\o/',
    "Wie groß ist die Größe M?",
    "Où puis-je l'acheter ?",
    "¿Tienen en talla 38? ¡Gracias!",
    "Πόσο κοστίζει;",
    "Скільки коштує доставка?",
    "كم السعر؟ 🙏",
    "כמה זה עולה?",
    "これはいくらですか。",
    "얼마예요? ㅎㅎ",
    "कितने का है?",
    "Giá bao nhiêu vậy shop?",
    "多少钱…",
    "ราคาเท่าไหร่คะ",
    "👩\u200d👩\u200d👧\u200d👦 for the whole family!",
    "see https://shop.example/sale?x=1&y=2 <3",
    "50% off? @friend look",
    "line one\nline two\ttabbed",
    "spam spam http://win.example/prize",
    "❤️",
    "Thank you so much, it arrived today 🎉",
    "this is the worst service ever",
    "İstanbul'a gönderiyor musunuz?",
)
CAPTIONS = (
    "New in 🌿 #spring",
    "Behind the scenes",
    "Wochenende! Geöffnet ab 9 Uhr",
    "限定コレクション",
    "Спасибі за довіру ❤️",
    "Giveaway: tag a friend",
    "",
)
ANSWERS = ("Hello! We will get back to you.", "Gerne! 😊", "ありがとうございます", "Yes / oui / да")


def saying(rng: Random) -> str:
    """Something a person would write."""
    return rng.choice(SAYINGS)
