public import StockCore

/// When the days of a time zone end. Read from a file of the IANA database (TZif: RFC 8536). Pure: the files are read elsewhere.
public struct ZoneRules: Sendable {
    /// Seconds since 1970 from which each offset (seconds east of UTC) holds, in order.
    private var transitions: [(at: Int64, offset: Int64)] = []
    /// The offset before the first of them.
    private var firstOffset: Int64 = 0
    /// What holds after the last of them, year after year; nil: the last offset.
    private var rule: YearlyRule?

    private static let day: Int64 = 86_400

    /// UTC.
    public static let utc = ZoneRules()

    private init() {}

    /// The instant (milliseconds since 1970) at which a day ends; the day as days since 1970-01-01.
    ///
    /// Where midnight is left out or comes twice, the day ends with the last instant that has its date.
    public func end(ofDay day: Int64) -> Int64 {
        let midnight = (day + 1) * ZoneRules.day
        // No offset is as large as that, so the day has not ended yet.
        var from = midnight - 2 * ZoneRules.day
        var end = midnight
        while true {
            let offset = offset(at: from)
            let next = nextTransition(after: from)
            if from + offset < midnight { end = min(next, midnight - offset) }
            if next > midnight + 2 * ZoneRules.day { return end * 1_000 }
            from = next
        }
    }

    /// The day of an instant (milliseconds since 1970), as days since 1970-01-01.
    public func day(at milliseconds: Int64) -> Int64 {
        let seconds = ZoneRules.floor(milliseconds, 1_000)
        return ZoneRules.floor(seconds + offset(at: seconds), ZoneRules.day)
    }

    /// What is demanded of units that have to be usable for some days from an instant (milliseconds since 1970) on.
    public func life(days: Int64, at milliseconds: Int64) -> LifeEnd {
        // At midnight sharp the day before counts as today: its end is now.
        let today = day(at: milliseconds - 1)
        return LifeEnd(end: max(1, end(ofDay: today + days)), until: end(ofDay: today) + 1)
    }

    static func floor(_ number: Int64, _ divisor: Int64) -> Int64 { (number >= 0 ? number : number - (divisor - 1)) / divisor }

    /// The seconds east of UTC at an instant.
    func offset(at seconds: Int64) -> Int64 {
        if let rule, seconds >= transitions.last?.at ?? Int64.min { return rule.offset(at: seconds) }
        let place = firstTransition(after: seconds)
        return place > 0 ? transitions[place - 1].offset : firstOffset
    }

    private func nextTransition(after seconds: Int64) -> Int64 {
        let place = firstTransition(after: seconds)
        if place < transitions.count { return transitions[place].at }
        return rule?.nextTransition(after: seconds) ?? Int64.max
    }

    private func firstTransition(after seconds: Int64) -> Int {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: TZif

    /// Reads a file; nil where it is none of version 2 or later.
    public init?(tzif bytes: UnsafeRawBufferPointer) {
        guard let first = Header(bytes, at: 0), first.version >= UInt8(ascii: "2"),
            let header = Header(bytes, at: Header.size + first.dataSize(timeSize: 4))
        else { return nil }
        let times = Header.size * 2 + first.dataSize(timeSize: 4)
        let kinds = times + header.timeCount * 8
        let types = kinds + header.timeCount
        let footer = times + header.dataSize(timeSize: 8)
        guard header.typeCount > 0, footer < bytes.count, bytes[footer] == UInt8(ascii: "\n") else { return nil }
        func offset(ofType type: Int) -> Int64 { Int64(Int32(truncatingIfNeeded: ZoneRules.number(bytes, types + type * 6, 4))) }
        firstOffset = offset(ofType: 0)
        for index in 0..<header.timeCount {
            let type = Int(bytes[kinds + index])
            guard type < header.typeCount else { return nil }
            transitions.append((ZoneRules.number(bytes, times + index * 8, 8), offset(ofType: type)))
        }
        guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0.at < $1.at }) else { return nil }
        let text = bytes[(footer + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        if !text.isEmpty {
            guard let rule = YearlyRule(posix: Array(text)) else { return nil }
            self.rule = rule
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ count: Int) -> Int64 {
        var number: UInt64 = 0
        for index in at..<at + count { number = number << 8 | UInt64(bytes[index]) }
        return Int64(bitPattern: number)
    }

    /// The six counts at the beginning of a part.
    private struct Header {
        static let size = 44
        var version: UInt8
        var isUTCount, isStandardCount, leapCount, timeCount, typeCount, characterCount: Int

        init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            guard start + Header.size <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
            version = bytes[start + 4]
            func count(_ index: Int) -> Int { Int(ZoneRules.number(bytes, start + 20 + index * 4, 4)) }
            (isUTCount, isStandardCount, leapCount) = (count(0), count(1), count(2))
            (timeCount, typeCount, characterCount) = (count(3), count(4), count(5))
            guard max(isUTCount, isStandardCount, leapCount, timeCount, typeCount, characterCount) <= bytes.count else { return nil }
        }

        func dataSize(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + isStandardCount + isUTCount
        }
    }
}
