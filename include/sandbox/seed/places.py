"""Cities, townships and some neighbourhoods of Türkiye as the hub knows them, and what operators have mapped."""

from include.sandbox.omnitron.hub import Omnitron

# City: its townships; cities in the order of their plate numbers, which begin their postcodes.
TOWNSHIPS = {
    "Adana": "Aladağ Ceyhan Çukurova Feke İmamoğlu Karaisalı Karataş Kozan Pozantı Saimbeyli Sarıçam Seyhan "
    "Tufanbeyli Yumurtalık Yüreğir",
    "Adıyaman": "Merkez Besni Çelikhan Gerger Gölbaşı Kahta Samsat Sincik Tut",
    "Afyonkarahisar": "Merkez Bolvadin Çay Dinar Emirdağ İscehisar Sandıklı Sinanpaşa Şuhut",
    "Ağrı": "Merkez Diyadin Doğubayazıt Eleşkirt Patnos",
    "Amasya": "Merkez Göynücek Gümüşhacıköy Merzifon Suluova Taşova",
    "Ankara": "Akyurt Altındağ Ayaş Bala Beypazarı Çankaya Çubuk Elmadağ Etimesgut Gölbaşı Haymana Kahramankazan "
    "Kalecik Keçiören Kızılcahamam Mamak Nallıhan Polatlı Pursaklar Sincan Şereflikoçhisar Yenimahalle",
    "Antalya": "Aksu Alanya Demre Döşemealtı Elmalı Finike Gazipaşa İbradı Kaş Kemer Kepez Konyaaltı Korkuteli "
    "Kumluca Manavgat Muratpaşa Serik",
    "Artvin": "Merkez Arhavi Borçka Hopa Şavşat Yusufeli",
    "Aydın": "Bozdoğan Çine Didim Efeler Germencik İncirliova Kuşadası Kuyucak Nazilli Söke",
    "Balıkesir": "Altıeylül Ayvalık Bandırma Bigadiç Burhaniye Edremit Erdek Gönen Havran İvrindi Karesi Susurluk",
    "Bilecik": "Merkez Bozüyük Gölpazarı Osmaneli Söğüt",
    "Bingöl": "Merkez Genç Karlıova Solhan",
    "Bitlis": "Merkez Ahlat Güroymak Hizan Tatvan",
    "Bolu": "Merkez Gerede Göynük Mengen Mudurnu",
    "Burdur": "Merkez Bucak Gölhisar Yeşilova",
    "Bursa": "Gemlik Gürsu İnegöl İznik Karacabey Kestel Mudanya Mustafakemalpaşa Nilüfer Orhangazi Osmangazi "
    "Yenişehir Yıldırım",
    "Çanakkale": "Merkez Ayvacık Bayramiç Biga Bozcaada Çan Ezine Gelibolu Gökçeada Lapseki",
    "Çankırı": "Merkez Çerkeş Ilgaz Kurşunlu Orta Şabanözü",
    "Çorum": "Merkez Alaca Bayat İskilip Osmancık Sungurlu",
    "Denizli": "Acıpayam Buldan Çal Çivril Honaz Merkezefendi Pamukkale Sarayköy Tavas",
    "Diyarbakır": "Bağlar Bismil Çermik Çınar Ergani Hani Kayapınar Kulp Lice Silvan Sur Yenişehir",
    "Edirne": "Merkez Enez Havsa İpsala Keşan Lalapaşa Uzunköprü",
    "Elazığ": "Merkez Arıcak Karakoçan Keban Kovancılar Maden Palu Sivrice",
    "Erzincan": "Merkez İliç Kemah Kemaliye Refahiye Tercan Üzümlü",
    "Erzurum": "Aziziye Hınıs Horasan İspir Narman Oltu Palandöken Pasinler Yakutiye",
    "Eskişehir": "Alpu Beylikova Çifteler İnönü Mihalıççık Odunpazarı Sarıcakaya Seyitgazi Sivrihisar Tepebaşı",
    "Gaziantep": "Araban İslahiye Karkamış Nizip Nurdağı Oğuzeli Şahinbey Şehitkamil Yavuzeli",
    "Giresun": "Merkez Bulancak Espiye Görele Şebinkarahisar Tirebolu",
    "Gümüşhane": "Merkez Kelkit Köse Kürtün Şiran Torul",
    "Hakkari": "Merkez Çukurca Şemdinli Yüksekova",
    "Hatay": "Altınözü Antakya Arsuz Defne Dörtyol Erzin İskenderun Kırıkhan Payas Reyhanlı Samandağ",
    "Isparta": "Merkez Eğirdir Gelendost Keçiborlu Şarkikaraağaç Uluborlu Yalvaç",
    "Mersin": "Akdeniz Anamur Aydıncık Bozyazı Erdemli Gülnar Mezitli Mut Silifke Tarsus Toroslar Yenişehir",
    "İstanbul": "Adalar Arnavutköy Ataşehir Avcılar Bağcılar Bahçelievler Bakırköy Başakşehir Bayrampaşa Beşiktaş "
    "Beykoz Beylikdüzü Beyoğlu Büyükçekmece Çatalca Çekmeköy Esenler Esenyurt Eyüpsultan Fatih Gaziosmanpaşa "
    "Güngören Kadıköy Kağıthane Kartal Küçükçekmece Maltepe Pendik Sancaktepe Sarıyer Silivri Sultanbeyli "
    "Sultangazi Şile Şişli Tuzla Ümraniye Üsküdar Zeytinburnu",
    "İzmir": "Aliağa Balçova Bayındır Bayraklı Bergama Bornova Buca Çeşme Çiğli Dikili Foça Gaziemir Güzelbahçe "
    "Karabağlar Karaburun Karşıyaka Kemalpaşa Kınık Kiraz Konak Menderes Menemen Narlıdere Ödemiş Seferihisar "
    "Selçuk Tire Torbalı Urla",
    "Kars": "Merkez Digor Kağızman Sarıkamış Selim",
    "Kastamonu": "Merkez Abana Cide İnebolu Taşköprü Tosya",
    "Kayseri": "Bünyan Develi Hacılar İncesu Kocasinan Melikgazi Pınarbaşı Talas Yahyalı Yeşilhisar",
    "Kırklareli": "Merkez Babaeski Lüleburgaz Pınarhisar Vize",
    "Kırşehir": "Merkez Çiçekdağı Kaman Mucur",
    "Kocaeli": "Başiskele Çayırova Darıca Derince Dilovası Gebze Gölcük İzmit Kandıra Karamürsel Kartepe Körfez",
    "Konya": "Akşehir Beyşehir Bozkır Cihanbeyli Çumra Ereğli Ilgın Karapınar Karatay Kulu Meram Selçuklu Seydişehir",
    "Kütahya": "Merkez Altıntaş Emet Gediz Simav Tavşanlı",
    "Malatya": "Akçadağ Arapgir Battalgazi Darende Doğanşehir Hekimhan Yeşilyurt",
    "Manisa": "Akhisar Alaşehir Demirci Kula Salihli Saruhanlı Soma Şehzadeler Turgutlu Yunusemre",
    "Kahramanmaraş": "Afşin Dulkadiroğlu Elbistan Göksun Onikişubat Pazarcık Türkoğlu",
    "Mardin": "Artuklu Dargeçit Derik Kızıltepe Mazıdağı Midyat Nusaybin Ömerli Savur",
    "Muğla": "Bodrum Dalaman Datça Fethiye Köyceğiz Marmaris Menteşe Milas Ortaca Ula Yatağan",
    "Muş": "Merkez Bulanık Malazgirt Varto",
    "Nevşehir": "Merkez Avanos Derinkuyu Gülşehir Hacıbektaş Kozaklı Ürgüp",
    "Niğde": "Merkez Altunhisar Bor Çamardı Ulukışla",
    "Ordu": "Altınordu Fatsa Gölköy Korgan Kumru Mesudiye Perşembe Ünye",
    "Rize": "Merkez Ardeşen Çamlıhemşin Çayeli Fındıklı Pazar",
    "Sakarya": "Adapazarı Akyazı Arifiye Erenler Geyve Hendek Karasu Kaynarca Pamukova Sapanca Serdivan",
    "Samsun": "Atakum Bafra Canik Çarşamba Havza İlkadım Ladik Tekkeköy Terme Vezirköprü",
    "Siirt": "Merkez Eruh Kurtalan Pervari Şirvan",
    "Sinop": "Merkez Ayancık Boyabat Gerze",
    "Sivas": "Merkez Divriği Gürün Kangal Suşehri Şarkışla Yıldızeli Zara",
    "Tekirdağ": "Çerkezköy Çorlu Ergene Hayrabolu Kapaklı Malkara Marmaraereğlisi Muratlı Saray Süleymanpaşa Şarköy",
    "Tokat": "Merkez Erbaa Niksar Reşadiye Turhal Zile",
    "Trabzon": "Akçaabat Araklı Arsin Beşikdüzü Çaykara Maçka Of Ortahisar Sürmene Tonya Vakfıkebir Yomra",
    "Tunceli": "Merkez Çemişgezek Hozat Ovacık Pertek",
    "Şanlıurfa": "Akçakale Birecik Bozova Ceylanpınar Eyyübiye Haliliye Harran Karaköprü Siverek Suruç Viranşehir",
    "Uşak": "Merkez Banaz Eşme Sivaslı",
    "Van": "Başkale Çaldıran Çatak Edremit Erciş Gevaş İpekyolu Muradiye Özalp Tuşba",
    "Yozgat": "Merkez Akdağmadeni Boğazlıyan Sarıkaya Sorgun Yerköy",
    "Zonguldak": "Merkez Alaplı Çaycuma Devrek Ereğli Gökçebey Kilimli",
    "Aksaray": "Merkez Eskil Gülağaç Güzelyurt Ortaköy",
    "Bayburt": "Merkez Aydıntepe Demirözü",
    "Karaman": "Merkez Ayrancı Ermenek Kazımkarabekir",
    "Kırıkkale": "Merkez Delice Keskin Yahşihan",
    "Batman": "Merkez Beşiri Gercüş Hasankeyf Kozluk Sason",
    "Şırnak": "Merkez Beytüşşebap Cizre İdil Silopi Uludere",
    "Bartın": "Merkez Amasra Kurucaşile Ulus",
    "Ardahan": "Merkez Çıldır Göle",
    "Iğdır": "Merkez Aralık Karakoyunlu Tuzluca",
    "Yalova": "Merkez Altınova Armutlu Çınarcık Çiftlikköy Termal",
    "Karabük": "Merkez Eskipazar Safranbolu Yenice",
    "Kilis": "Merkez Elbeyli Musabeyli",
    "Osmaniye": "Merkez Bahçe Düziçi Kadirli",
    "Düzce": "Merkez Akçakoca Cumayeri Gölyaka Kaynaşlı",
}
# (City, township): its neighbourhoods, where the hub has them.
DISTRICTS = {
    ("İstanbul", "Kadıköy"): "Moda|Caferağa|Fenerbahçe|Göztepe|Erenköy|Kozyatağı|Suadiye",
    ("İstanbul", "Beşiktaş"): "Levent|Etiler|Ortaköy|Bebek|Yıldız|Sinanpaşa",
    ("İstanbul", "Şişli"): "Mecidiyeköy|Nişantaşı|Esentepe|Halaskargazi|Feriköy",
    ("İstanbul", "Üsküdar"): "Çengelköy|Kuzguncuk|Altunizade|Beylerbeyi|Ünalan",
    ("İstanbul", "Ümraniye"): "Çakmak|Ihlamurkuyu|İnkılap|Şerifali",
    ("Ankara", "Çankaya"): "Kızılay|Ayrancı|Bahçelievler|Çukurambar|Gaziosmanpaşa|Ümitköy",
    ("Ankara", "Keçiören"): "Etlik|Kalaba|Şenlik|Ovacık",
    ("İzmir", "Karşıyaka"): "Bostanlı|Alaybey|Mavişehir|Şemikler",
    ("İzmir", "Konak"): "Alsancak|Güzelyalı|Göztepe|Hatay",
    ("Bursa", "Nilüfer"): "Görükle|Özlüce|İhsaniye|Beşevler",
    ("Antalya", "Muratpaşa"): "Lara|Şirinyalı|Fener|Kızıltoprak",
    ("Eskişehir", "Tepebaşı"): "Hoşnudiye|Eskibağlar|Şirintepe",
    ("Gaziantep", "Şehitkamil"): "İncilipınar|Değirmiçem|Gazimuhtarpaşa",
    ("Trabzon", "Ortahisar"): "Kaşüstü|Beşirli|Çukurçayır",
}
# What the market writes -> (city, township of the hub): lines that an operator has already mapped.
MAPPED = {"Eyüp": ("İstanbul", "Eyüpsultan"), "Sur İçi": ("Diyarbakır", "Sur"), "Antakya Merkez": ("Hatay", "Antakya")}
# (City, township) that the market sends and the hub does not know: these orders wait for an operator.
UNKNOWN = (("Iğdır", "Şehit Bülent Aydın Köyü"), ("Şırnak", "Güçlükonak"), ("Konya", "Yalıhüyük"))
# Other spellings of the country name that operators have mapped.
_COUNTRIES = (("Türkiye", "tr"), ("Almanya", "de"), ("Kuzey Kıbrıs Türk Cumhuriyeti", "kktc"), ("Azerbaycan", "az"))


def seed_places(hub: Omnitron) -> None:
    """Countries, cities, townships, neighbourhoods and mapping codes, plain and with the channel's id in front."""
    for name, code in _COUNTRIES:
        hub.countries.add({"name": name, "code": code, "is_active": True, "translations": {}})
    places: dict[tuple[str, str], int] = {}
    for plate, (name, townships) in enumerate(TOWNSHIPS.items(), 1):
        postcode = f"{plate:02d}000"
        city = hub.cities.add({"name": name, "country": 1, "postcode": postcode, "priority": None, "is_active": True})
        for township in townships.split():
            row = hub.townships.add({"name": township, "city": city["pk"], "postcode": postcode, "is_active": True})
            places[name, township] = row["pk"]
    for (name, township), districts in DISTRICTS.items():
        parent = hub.townships.rows[places[name, township]]
        for district in districts.split("|"):
            facts = {"city": parent["city"], "township": parent["pk"], "postcode": None, "zipcode": None}
            hub.districts.add({"name": district, **facts, "is_active": True})
    for text, place in MAPPED.items():
        add_mapping(hub, "township", places[place], text)


def add_mapping(hub: Omnitron, level: str, pk: int, text: str) -> None:
    """An operator maps a text of the market to a row; with and without the channel's id in front."""
    codes = hub.location_codes[level].setdefault(pk, [])
    codes += [(text, "sales_channel"), (f"{hub.channel['pk']}_{text}", "sales_channel")]
