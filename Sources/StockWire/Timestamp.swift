/// RFC 3339 times, without Foundation. The calendar is proleptic Gregorian; years 0000 to 9999.
public enum Timestamp {
    /// The highest instant that has a text: 9999-12-31T23:59:59.999Z.
    public static let maxMilliseconds: Int64 = 253_402_300_799_999
    /// The lowest: 0000-01-01T00:00:00.000Z.
    public static let minMilliseconds: Int64 = -62_167_219_200_000

    /// Milliseconds since 1970 of `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`; nil where it is not one.
    ///
    /// `T` and `Z` may be lower case, a space may stand for the `T` (RFC 3339 section 5.6). Digits beyond the millisecond are cut off.
    /// A leap second (`:60`) is read as the last millisecond of its minute, where RFC 3339 allows one: at 23:59 UTC.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let century = pair(bytes, 0), let yearOfCentury = pair(bytes, 2), let month = pair(bytes, 5), let day = pair(bytes, 8),
            let hour = pair(bytes, 11), let minute = pair(bytes, 14), let second = pair(bytes, 17)
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard month >= 1, month <= 12, day >= 1, day <= daysInMonth(year: year, month: month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        guard let fraction = fraction(bytes, &at), let offset = zone(bytes, &at), at == bytes.count else { return nil }
        let days = dayNumber(year: year, month: month, day: day)
        let minutes = (days * 24 + hour) * 60 + minute - offset
        if second == 60 {
            let ofDay = ((minutes % 1440) + 1440) % 1440
            return ofDay == 1439 ? minutes * 60_000 + 59_999 : nil
        }
        return minutes * 60_000 + second * 1000 + fraction
    }

    /// Days since 1970-01-01 of `YYYY-MM-DD`; nil where it is not one. Day `00` is the last of its month (GS1, AI 17).
    public static func parseDay(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), let century = pair(bytes, 0),
            let yearOfCentury = pair(bytes, 2), let month = pair(bytes, 5), let day = pair(bytes, 8), month >= 1, month <= 12
        else { return nil }
        let year = century * 100 + yearOfCentury
        let last = daysInMonth(year: year, month: month)
        guard day <= last else { return nil }
        return dayNumber(year: year, month: month, day: day == 0 ? last : day)
    }

    private static func pair(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int64? {
        let high = bytes[at] &- UInt8(ascii: "0")
        let low = bytes[at + 1] &- UInt8(ascii: "0")
        return high <= 9 && low <= 9 ? Int64(high) * 10 + Int64(low) : nil
    }

    private static func fraction(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        guard bytes[at] == UInt8(ascii: ".") else { return 0 }
        at += 1
        var milliseconds: Int64 = 0
        var weight: Int64 = 100
        let start = at
        while at < bytes.count, bytes[at] &- UInt8(ascii: "0") <= 9 {
            milliseconds += Int64(bytes[at] - UInt8(ascii: "0")) * weight
            weight /= 10
            at += 1
        }
        return at > start ? milliseconds : nil
    }

    /// The zone's offset in minutes.
    private static func zone(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        guard at < bytes.count else { return nil }
        let sign = bytes[at]
        if sign | 0x20 == UInt8(ascii: "z") {
            at += 1
            return 0
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), at + 6 <= bytes.count, bytes[at + 3] == UInt8(ascii: ":"),
            let hours = pair(bytes, at + 1), let minutes = pair(bytes, at + 4), hours < 24, minutes < 60
        else { return nil }
        at += 6
        let offset = hours * 60 + minutes
        return sign == UInt8(ascii: "-") ? -offset : offset
    }

    static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. The year begins in March here, so that the leap day is its last.
    static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension ByteBuffer {
    /// The instant as `YYYY-MM-DDThh:mm:ss.mmmZ`, 24 bytes. Instants without such a text become the nearest that has one.
    public mutating func append(timestamp milliseconds: Int64) {
        let clamped = min(max(milliseconds, Timestamp.minMilliseconds), Timestamp.maxMilliseconds)
        let dayMilliseconds: Int64 = 86_400_000
        let days = (clamped >= 0 ? clamped : clamped - (dayMilliseconds - 1)) / dayMilliseconds
        let ofDay = clamped - days * dayMilliseconds
        // The inverse of `Timestamp.dayNumber`.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        append(decimal: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), width: 4)
        append(UInt8(ascii: "-"))
        append(decimal: month, width: 2)
        append(UInt8(ascii: "-"))
        append(decimal: dayOfYear - (153 * marchMonth + 2) / 5 + 1, width: 2)
        append(UInt8(ascii: "T"))
        append(decimal: ofDay / 3_600_000, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: ofDay / 60_000 % 60, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: ofDay / 1000 % 60, width: 2)
        append(UInt8(ascii: "."))
        append(decimal: ofDay % 1000, width: 3)
        append(UInt8(ascii: "Z"))
    }

    /// A member that is an instant, as a text in RFC 3339.
    public mutating func member(_ name: StaticString, timestamp milliseconds: Int64) {
        member(name)
        append(UInt8(ascii: "\""))
        append(timestamp: milliseconds)
        append(UInt8(ascii: "\""))
    }
}
