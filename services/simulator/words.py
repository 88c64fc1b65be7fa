"""What people and posts are called, and what businesses answer: several alphabets, right-to-left,
emoji beyond the BMP."""

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
