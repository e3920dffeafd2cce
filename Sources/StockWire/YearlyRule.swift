/// What a time zone does year after year: the text in POSIX form at the end of a file of the IANA database, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule: Sendable {
    /// A day of each year and a time of that day.
    struct Moment: Sendable {
        enum Day: Sendable {
            /// The `week`th such weekday of the month (0: Sunday), 5: the last.
            case weekday(month: Int64, week: Int64, weekday: Int64)
            /// The day of the year from 1; the 29th of February is never counted.
            case withoutLeapDay(Int64)
            /// The day of the year from 0.
            case ofYear(Int64)
        }

        var day: Day
        /// Seconds after midnight of that day, also before it or after its end.
        var seconds: Int64

        /// Seconds since 1970 of that moment of a year, by the clock on the wall.
        func local(_ year: Int64) -> Int64 {
            let first = Timestamp.dayNumber(year: year, month: 1, day: 1)
            let number: Int64
            switch day {
            case .withoutLeapDay(let day):
                number = first + day - 1 + (day >= 60 && Timestamp.daysInMonth(year: year, month: 2) == 29 ? 1 : 0)
            case .ofYear(let day): number = first + day
            case .weekday(let month, let week, let weekday):
                let start = Timestamp.dayNumber(year: year, month: month, day: 1)
                // 1970-01-01 was a Thursday.
                let shift = (weekday - (start + 4) % 7 + 14) % 7
                let last = start + Timestamp.daysInMonth(year: year, month: month) - 1
                var day = start + shift + (week - 1) * 7
                while day > last { day -= 7 }
                number = day
            }
            return number * 86_400 + seconds
        }
    }

    /// Seconds east of UTC.
    private var standard: Int64
    private var summer: Int64
    /// Nil: there is no summer time.
    private var moments: (begin: Moment, end: Moment)?

    /// The seconds east of UTC at an instant.
    func offset(at seconds: Int64) -> Int64 { changes(around: seconds).last { $0.at <= seconds }?.offset ?? standard }

    /// The next instant at which the offset changes; nil: it never does.
    func nextTransition(after seconds: Int64) -> Int64? { changes(around: seconds).first { $0.at > seconds }?.at }

    /// The changes of the years around an instant, in order.
    private func changes(around seconds: Int64) -> [(at: Int64, offset: Int64)] {
        guard let moments else { return [] }
        // A year is a few days off at its ends at most.
        let year = 1970 + ZoneRules.floor(seconds, 31_556_952)
        var changes: [(at: Int64, offset: Int64)] = []
        for year in year - 2...year + 2 {
            changes.append((moments.begin.local(year) - standard, summer))
            changes.append((moments.end.local(year) - summer, standard))
        }
        return changes.sorted { $0.at < $1.at }
    }

    // MARK: Text

    /// Reads the text; nil where it is none.
    init?(posix text: [UInt8]) {
        var reader = Reader(text: text)
        guard reader.skipName(), let standard = reader.time() else { return nil }
        // The text has hours west of Greenwich.
        self.standard = -standard
        summer = -standard
        guard !reader.isAtEnd else { return }
        guard reader.skipName() else { return nil }
        summer = self.standard + 3_600
        if !reader.isAt(",") {
            guard let time = reader.time() else { return nil }
            summer = -time
        }
        guard reader.skip(","), let begin = reader.moment(), reader.skip(","), let end = reader.moment(), reader.isAtEnd else { return nil }
        moments = (begin, end)
    }

    private struct Reader {
        let text: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == text.count }

        func isAt(_ character: Unicode.Scalar) -> Bool { position < text.count && text[position] == UInt8(ascii: character) }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard isAt(character) else { return false }
            position += 1
            return true
        }

        /// An abbreviation: letters, or anything in angle brackets.
        mutating func skipName() -> Bool {
            let start = position
            if skip("<") {
                while position < text.count, !isAt(">") { position += 1 }
                return skip(">")
            }
            while position < text.count, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(text[position] & 0xDF) { position += 1 }
            return position > start
        }

        mutating func number() -> Int64? {
            let start = position
            var number: Int64 = 0
            while position < text.count, case let digit = text[position] &- UInt8(ascii: "0"), digit <= 9, position - start < 4 {
                number = number * 10 + Int64(digit)
                position += 1
            }
            return position > start ? number : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int64? {
            let isBack = skip("-")
            if !isBack { _ = skip("+") }
            guard let hours = number() else { return nil }
            var seconds = hours * 3_600
            for weight: Int64 in [60, 1] where skip(":") {
                guard let part = number() else { return nil }
                seconds += part * weight
            }
            return isBack ? -seconds : seconds
        }

        /// `Mm.w.d`, `Jn` or `n`, and perhaps a time.
        mutating func moment() -> Moment? {
            let day: Moment.Day
            if skip("M") {
                guard let month = number(), skip("."), let week = number(), skip("."), let weekday = number(), (1...12).contains(month),
                    (1...5).contains(week), (0...6).contains(weekday)
                else { return nil }
                day = .weekday(month: month, week: week, weekday: weekday)
            } else if skip("J") {
                guard let number = number(), (1...365).contains(number) else { return nil }
                day = .withoutLeapDay(number)
            } else {
                guard let number = number(), (0...365).contains(number) else { return nil }
                day = .ofYear(number)
            }
            guard skip("/") else { return Moment(day: day, seconds: 7_200) }
            return time().map { Moment(day: day, seconds: $0) }
        }
    }
}
