public import StockCore
import StockWire

/// A catalogue of beauty products and auto parts, made up from a seed: no two SKUs are alike, however many there are.
///
/// Even numbers are beauty products (variants by shade and size), odd ones auto parts (by fitment and position). A low number is a
/// popular product.
public struct SampleCatalogue: Sendable {
    /// The warehouses.
    public static let warehouses: [Key] = [Key("BER1"), Key("LEJ2"), Key("MUC3")]
    /// The stores with tills; they carry half of the assortment.
    public static let stores: [Key] = [Key("STORE-HH"), Key("STORE-K")]
    /// Warehouses, then stores.
    public static let locations: [Key] = warehouses + stores

    /// What of the catalogue is drawn.
    public let seed: UInt64
    /// The number of SKUs.
    public let count: Int

    private let beautyOffset: Int
    private let partsOffset: Int

    /// A catalogue of `count` SKUs (at least 1).
    public init(seed: UInt64, count: Int) {
        precondition(count >= 1)
        self.seed = seed
        self.count = count
        var random = WorkloadRandom(seed: seed ^ 0x6361_7461_6C6F_6775)
        beautyOffset = random.below(SampleCatalogue.beautyVariants)
        partsOffset = random.below(SampleCatalogue.partVariants)
    }

    /// Whether the SKU of that number is a beauty product, otherwise it is an auto part.
    public func isBeauty(_ index: Int) -> Bool { index & 1 == 0 }

    /// Whether the stores carry the SKU of that number.
    public func isInStores(_ index: Int) -> Bool { index & 2 == 0 }

    /// The nearest number at or below that the stores carry.
    func nearestInStores(_ index: Int) -> Int { index & ~2 }

    /// The SKU of that number (0 to `count` - 1).
    public func sku(_ index: Int) -> Key {
        var buffer = ByteBuffer(capacity: 64)
        append(sku: index, into: &buffer)
        return Key(buffer.bytes)!
    }

    /// What the SKU of that number is, for people.
    public func title(_ index: Int) -> String {
        var buffer = ByteBuffer(capacity: 128)
        append(title: index, into: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Appends the SKU of that number.
    func append(sku index: Int, into buffer: inout ByteBuffer) {
        precondition(index >= 0 && index < count)
        let place = place(index)
        if isBeauty(index) {
            let line = SampleCatalogue.lines[place.first]
            buffer.append(SampleCatalogue.brands[place.second])
            buffer.append("-")
            buffer.append(line.code)
            buffer.append("-")
            buffer.append(SampleCatalogue.shades[place.third].code)
            buffer.append("-")
            buffer.append(SampleCatalogue.sizeCodes[place.fourth])
        } else {
            buffer.append(SampleCatalogue.parts[place.first].code)
            buffer.append("-")
            buffer.append(SampleCatalogue.vehicles[place.second].code)
            buffer.append("-")
            buffer.append(SampleCatalogue.years[place.third].code)
            buffer.append("-")
            buffer.append(SampleCatalogue.positions[place.fourth].code)
        }
        if place.edition > 0 {
            buffer.append("-E")
            buffer.append(decimal: Int64(place.edition + 1))
        }
    }

    func append(title index: Int, into buffer: inout ByteBuffer) {
        let place = place(index)
        if isBeauty(index) {
            buffer.append(SampleCatalogue.lines[place.first].title)
            buffer.append(", ")
            buffer.append(SampleCatalogue.shades[place.third].title)
            buffer.append(", ")
            buffer.append(SampleCatalogue.sizes[place.fourth])
        } else {
            buffer.append(SampleCatalogue.parts[place.first].title)
            buffer.append(", ")
            buffer.append(SampleCatalogue.positions[place.fourth].title)
            buffer.append(", fits ")
            buffer.append(SampleCatalogue.vehicles[place.second].title)
            buffer.append(" ")
            buffer.append(SampleCatalogue.years[place.third].title)
        }
    }

    /// Appends free data about the SKU as a JSON object.
    func append(meta index: Int, into buffer: inout ByteBuffer) {
        let place = place(index)
        buffer.append("{\"title\":\"")
        append(title: index, into: &buffer)
        if isBeauty(index) {
            buffer.append("\",\"category\":\"beauty\",\"shade\":\"")
            buffer.append(SampleCatalogue.shades[place.third].title)
            buffer.append("\",\"size\":\"")
            buffer.append(SampleCatalogue.sizes[place.fourth])
            buffer.append("\"}")
        } else {
            buffer.append("\",\"category\":\"auto-parts\",\"fits\":[{\"vehicle\":\"")
            buffer.append(SampleCatalogue.vehicles[place.second].title)
            buffer.append("\",\"years\":\"")
            buffer.append(SampleCatalogue.years[place.third].title)
            buffer.append("\"}]}")
        }
    }

    private struct Place {
        var first: Int
        var second: Int
        var third: Int
        var fourth: Int
        var edition: Int
    }

    /// Where the number stands among the variants of its kind: a walk with a stride that has no factor in common with their number, so that
    /// neighbours differ and nothing comes twice.
    private func place(_ index: Int) -> Place {
        let number = index >> 1
        let variants = isBeauty(index) ? SampleCatalogue.beautyVariants : SampleCatalogue.partVariants
        let offset = isBeauty(index) ? beautyOffset : partsOffset
        let counts = isBeauty(index) ? SampleCatalogue.beautyCounts : SampleCatalogue.partCounts
        var rest = ((number % variants) * SampleCatalogue.stride + offset) % variants
        let first = rest % counts.0
        rest /= counts.0
        let second = rest % counts.1
        rest /= counts.1
        return Place(first: first, second: second, third: rest % counts.2, fourth: rest / counts.2, edition: number / variants)
    }
}
