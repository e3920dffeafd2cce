/// Events as marketplaces, tills and warehouses send them: 180 to 250 bytes, one in four with free data.
public enum SampleEvents {
    /// That many events, the same in every run.
    public static func make(_ count: Int) -> [[UInt8]] {
        var state: UInt64 = 42
        func next(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        func hex(_ digits: Int) -> String {
            String((0..<digits).map { _ in Array("0123456789abcdef")[Int(next(16))] })
        }
        func uuid() -> String { "\(hex(8))-\(hex(4))-4\(hex(3))-a\(hex(3))-\(hex(12))" }
        return (0..<count).map { index in
            let head = "{\"id\":\"\(uuid())\",\"source\":\"shop/berlin/\(next(20))\","
            let sku = "\"sku\":\"BTY-\(1_000 + next(9_000))-\(next(50))\",\"location\":\"WH-\(next(3))\","
            let time = "\"occurredAt\":\"2026-01-01T0\(next(10)):1\(next(10)):2\(next(10)).\(100 + next(900))Z\""
            let meta = index % 4 == 0 ? ",\"meta\":{\"channel\":\"web\",\"cart\":\(next(100_000))}" : ""
            let body: String
            switch index % 5 {
            case 0: body = "\"type\":\"hold\",\(sku)\"hold\":\"cart-\(hex(12))\",\"quantity\":\(1 + next(5)),\"ttlSeconds\":900,"
            case 1: body = "\"type\":\"sale\",\(sku)\"orderLine\":\"o-\(hex(12))-1\",\"quantity\":\(1 + next(5)),\"forced\":true,"
            case 2:
                body =
                    "\"type\":\"receive\",\(sku)\"receipt\":\"asn-\(hex(10))\",\"line\":\"\(1 + next(40))\","
                    + "\"quantity\":\(24 * (1 + next(20))),"
            case 3: body = "\"type\":\"adjust\",\(sku)\"quantity\":-\(1 + next(9)),\"reason\":\"breakage\",\"actor\":\"user-\(next(99))\","
            default:
                body =
                    "\"type\":\"commit\",\(sku)\"orderLine\":\"o-\(hex(12))-2\",\"quantity\":\(1 + next(5)),"
                    + "\"expectedVersion\":\(next(99_999)),"
            }
            return Array((head + body + time + meta + "}").utf8)
        }
    }
}
