// The words that the sample catalogue is made of.

extension SampleCatalogue {
    struct Word: Sendable {
        let code: StaticString
        let title: StaticString
    }

    /// A prime that divides none of the numbers of variants.
    static let stride = 7_919

    static let beautyCounts = (lines.count, brands.count, shades.count, sizes.count)
    static let partCounts = (parts.count, vehicles.count, years.count, positions.count)
    static let beautyVariants = lines.count * brands.count * shades.count * sizes.count
    static let partVariants = parts.count * vehicles.count * years.count * positions.count

    static let brands: [StaticString] = [
        "NOVE", "LUMIA", "AURA", "FLORA", "MIREL", "SOLENE", "OPALE", "VESTA", "CARA", "ELIN", "RIVA", "TESSA",
    ]

    static let lines: [Word] = [
        Word(code: "LIPMATTE", title: "Velvet matte lipstick"), Word(code: "LIPGLOSS", title: "Lip gloss"),
        Word(code: "LIPLINER", title: "Lip liner"), Word(code: "FOUND", title: "Fluid foundation"),
        Word(code: "CONCEAL", title: "Concealer"), Word(code: "BLUSH", title: "Powder blush"), Word(code: "BRONZE", title: "Bronzer"),
        Word(code: "SHADOW", title: "Eye shadow"), Word(code: "MASCARA", title: "Mascara"), Word(code: "EYELINER", title: "Eyeliner"),
        Word(code: "BROW", title: "Brow gel"), Word(code: "NAIL", title: "Nail lacquer"), Word(code: "TINT", title: "Tinted crème SPF 30"),
        Word(code: "POWDER", title: "Setting powder"), Word(code: "HIGHLIGHT", title: "Highlighter"),
        Word(code: "HAIRTONE", title: "Hair toner"),
    ]

    static let shades: [Word] = [
        Word(code: "ROSEWOOD", title: "rosewood"), Word(code: "RUBY", title: "ruby"), Word(code: "CORAL", title: "coral"),
        Word(code: "NUDE10", title: "nude 10"), Word(code: "NUDE20", title: "nude 20"), Word(code: "NUDE30", title: "nude 30"),
        Word(code: "BERRY", title: "berry"), Word(code: "PLUM", title: "plum"), Word(code: "FIG", title: "fig"),
        Word(code: "CINNAMON", title: "cinnamon"), Word(code: "COCOA", title: "cocoa"), Word(code: "ESPRESSO", title: "espresso"),
        Word(code: "IVORY", title: "ivory"), Word(code: "SAND", title: "sand"), Word(code: "HONEY", title: "honey"),
        Word(code: "CARAMEL", title: "caramel"), Word(code: "ROSE", title: "rosé"), Word(code: "PEACH", title: "peach"),
        Word(code: "BLACK", title: "black"), Word(code: "BROWN", title: "brown"), Word(code: "TAUPE", title: "taupe"),
        Word(code: "PEARL", title: "pearl"), Word(code: "GOLD", title: "gold"), Word(code: "CLEAR", title: "clear"),
    ]

    static let sizeCodes: [StaticString] = ["MINI", "STD", "XL", "REFILL"]
    static let sizes: [StaticString] = ["mini", "standard", "extra large", "refill"]

    static let parts: [Word] = [
        Word(code: "BRKPAD", title: "Brake pad set"), Word(code: "BRKDISC", title: "Brake disc"),
        Word(code: "CALIPER", title: "Brake caliper"),
        Word(code: "SHOCK", title: "Shock absorber"), Word(code: "SPRING", title: "Coil spring"),
        Word(code: "CTRLARM", title: "Control arm"),
        Word(code: "TIEROD", title: "Tie rod end"), Word(code: "HUB", title: "Wheel hub"),
        Word(code: "BEARING", title: "Wheel bearing kit"),
        Word(code: "CVJOINT", title: "CV joint"), Word(code: "ABSSENS", title: "ABS sensor"), Word(code: "HEADLAMP", title: "Headlamp"),
        Word(code: "TAILLAMP", title: "Tail lamp"), Word(code: "MIRROR", title: "Door mirror"),
        Word(code: "WINREG", title: "Window regulator"),
        Word(code: "DOORLOCK", title: "Door lock actuator"), Word(code: "WIPER", title: "Wiper blade"),
        Word(code: "FENDER", title: "Fender"),
        Word(code: "MUDFLAP", title: "Mud flap"), Word(code: "STABLINK", title: "Stabiliser link"),
    ]

    static let vehicles: [Word] = [
        Word(code: "GOLF", title: "VW Golf"), Word(code: "POLO", title: "VW Polo"), Word(code: "PASSAT", title: "VW Passat"),
        Word(code: "A3", title: "Audi A3"), Word(code: "A4", title: "Audi A4"), Word(code: "3ER", title: "BMW 3 Series"),
        Word(code: "1ER", title: "BMW 1 Series"), Word(code: "CKLASSE", title: "Mercedes-Benz C-Class"),
        Word(code: "CORSA", title: "Opel Corsa"),
        Word(code: "ASTRA", title: "Opel Astra"), Word(code: "FOCUS", title: "Ford Focus"), Word(code: "FIESTA", title: "Ford Fiesta"),
        Word(code: "OCTAVIA", title: "Škoda Octavia"), Word(code: "FABIA", title: "Škoda Fabia"), Word(code: "LEON", title: "SEAT León"),
        Word(code: "CLIO", title: "Renault Clio"), Word(code: "MEGANE", title: "Renault Mégane"), Word(code: "P208", title: "Peugeot 208"),
        Word(code: "YARIS", title: "Toyota Yaris"), Word(code: "COROLLA", title: "Toyota Corolla"),
        Word(code: "CIVIC", title: "Honda Civic"),
        Word(code: "I30", title: "Hyundai i30"), Word(code: "CEED", title: "Kia Ceed"), Word(code: "MAZDA3", title: "Mazda 3"),
    ]

    static let years: [Word] = [
        Word(code: "9803", title: "1998-2003"), Word(code: "0308", title: "2003-2008"), Word(code: "0812", title: "2008-2012"),
        Word(code: "1216", title: "2012-2016"), Word(code: "1619", title: "2016-2019"), Word(code: "1922", title: "2019-2022"),
        Word(code: "2225", title: "2022-2025"), Word(code: "25", title: "from 2025"),
    ]

    static let positions: [Word] = [
        Word(code: "FL", title: "front left"), Word(code: "FR", title: "front right"), Word(code: "RL", title: "rear left"),
        Word(code: "RR", title: "rear right"),
    ]
}
