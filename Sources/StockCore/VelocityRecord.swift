/// What has left a level for customers on each of the last days, up to the last on which anything did. Days are those of UTC.
public struct VelocityRecord: Sendable, BitwiseCopyable, Equatable {
    /// The days that are kept.
    public static let dayCount: Int32 = 35
    /// The most that a day tells, in minor units: a day with more stays there.
    public static let maxPerDay = Int64(UInt32.max)
    /// The milliseconds of a day.
    public static let dayMilliseconds: Int64 = 86_400_000

    /// The latest day on which anything was sold, in days since 1970-01-01.
    public private(set) var lastDay: Int32
    /// Four bytes a day; that of day `d` is the one at `d % dayCount`.
    private var days: (Week, Week, Week, Week, Week) = (empty, empty, empty, empty, empty)
    private typealias Week = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
    private static var empty: Week { (0, 0, 0, 0, 0, 0, 0) }

    /// Nothing sold on that day and before.
    public init(lastDay: Int32) {
        assert(lastDay >= 0)
        self.lastDay = lastDay
    }

    /// What was sold so many days before `lastDay`: 0 to `dayCount - 1`. Only setting what is no more than `maxPerDay` keeps it.
    public subscript(daysBefore: Int32) -> Int64 {
        get {
            withUnsafeBytes(of: days) { Int64($0.load(fromByteOffset: offset(lastDay - daysBefore), as: UInt32.self)) }
        }
        set {
            let place = offset(lastDay - daysBefore)
            withUnsafeMutableBytes(of: &days) { $0.storeBytes(of: UInt32(clamping: newValue), toByteOffset: place, as: UInt32.self) }
        }
    }

    /// Days before 1970 have places too: nothing is ever sold on them.
    private func offset(_ day: Int32) -> Int {
        let place = day % VelocityRecord.dayCount
        return 4 * Int(place < 0 ? place + VelocityRecord.dayCount : place)
    }

    /// Adds units to a day. A later day than the last moves the others on; what then lies before the days that are kept is forgotten.
    mutating func add(_ quantity: Int64, on day: Int32) {
        assert(quantity >= 0 && lastDay - day < VelocityRecord.dayCount)
        if day > lastDay {
            let passed = min(day - lastDay, VelocityRecord.dayCount)
            lastDay = day
            for daysBefore in 0..<passed { self[daysBefore] = 0 }
        }
        self[lastDay - day] += quantity
    }

    /// Takes units that were added to a day away again, where the day is still kept. A day that stands at its most stays there: nobody
    /// knows how much more it was.
    mutating func take(_ quantity: Int64, from day: Int32) {
        let daysBefore = lastDay - day
        guard daysBefore >= 0, daysBefore < VelocityRecord.dayCount, self[daysBefore] < VelocityRecord.maxPerDay else { return }
        self[daysBefore] = max(0, self[daysBefore] - quantity)
    }

    /// Two are equal where they tell the same of each day.
    public static func == (one: VelocityRecord, other: VelocityRecord) -> Bool {
        one.lastDay == other.lastDay && (0..<dayCount).allSatisfy { one[$0] == other[$0] }
    }
}

/// What was sold of a SKU, or at one of its locations, as readers get it: by day, the latest first. Reused.
public struct SoldDays: Sendable, Equatable {
    /// The latest day on which anything was sold, in days since 1970-01-01; nil: nothing was.
    public private(set) var lastDay: Int32?
    /// What was sold on it and on the days before, `VelocityRecord.dayCount` numbers; all 0 where there is no such day.
    public private(set) var days = [Int64](repeating: 0, count: Int(VelocityRecord.dayCount))

    /// Nothing sold.
    public init() {}

    /// Nothing sold, again.
    public mutating func reset() {
        guard lastDay != nil else { return }
        lastDay = nil
        for index in days.indices { days[index] = 0 }
    }

    /// Adds what was sold of a level.
    public mutating func add(_ record: VelocityRecord) {
        let count = Int(VelocityRecord.dayCount)
        let passed = Int(record.lastDay - (lastDay ?? record.lastDay))
        if passed > 0 {
            for index in (0..<count).reversed() { days[index] = index >= passed ? days[index - passed] : 0 }
        }
        let first = max(0, -passed)
        if first < count {
            for index in first..<count { days[index] += record[Int32(index - first)] }
        }
        lastDay = max(lastDay ?? record.lastDay, record.lastDay)
    }

    /// What was sold on the last `count` days, `lastDay` being the last of them.
    public func sum(ofDays count: Int) -> Int64 { days.prefix(count).reduce(0, +) }

    /// The days up to the earliest on which anything was sold.
    public var told: ArraySlice<Int64> { days.prefix((days.lastIndex { $0 != 0 } ?? -1) + 1) }

    /// The instant at which `lastDay` begins, in milliseconds; 0 where nothing was sold.
    public var lastDayMilliseconds: Int64 { Int64(lastDay ?? 0) * VelocityRecord.dayMilliseconds }
}
