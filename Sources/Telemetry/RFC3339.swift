/// A time as RFC 3339 has it, in UTC with milliseconds: `2026-11-25T07:05:00.123Z`. Years beyond 0 to 9999 are clamped to them.
public func formatRFC3339(milliseconds: Int64) -> String {
    let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    let days = floorDivide(clamped, 86_400_000)
    let inDay = clamped - days * 86_400_000
    let date = civilDate(daysSince1970: days)
    var text = ""
    text.reserveCapacity(24)
    append(date.year, digits: 4, to: &text)
    text += "-"
    append(date.month, digits: 2, to: &text)
    text += "-"
    append(date.day, digits: 2, to: &text)
    text += "T"
    append(inDay / 3_600_000, digits: 2, to: &text)
    text += ":"
    append(inDay / 60_000 % 60, digits: 2, to: &text)
    text += ":"
    append(inDay / 1_000 % 60, digits: 2, to: &text)
    text += "."
    append(inDay % 1_000, digits: 3, to: &text)
    text += "Z"
    return text
}

/// The date of a day in the proleptic Gregorian calendar. A year is counted from March here, so that the leap day is its last.
private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468  // days since 0000-03-01
    let era = floorDivide(shifted, 146_097)  // 400 years
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

private func append(_ value: Int64, digits: Int, to text: inout String) {
    let plain = String(value)
    for _ in 0..<max(0, digits - plain.utf8.count) { text += "0" }
    text += plain
}
