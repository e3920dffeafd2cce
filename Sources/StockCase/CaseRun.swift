public import StockWire

/// Runs a case on the production kernel and compares.
public struct CaseRun: ~Copyable {
    /// How it is run.
    public struct Options: Sendable {
        /// Sends each event twice: the second time must change nothing.
        public var duplicatesEach = false
        /// Writes a checkpoint, restores it and goes on after each step: that must change nothing.
        public var restartsEach = false
        /// The time zones that cases may name.
        public var zones = ZoneTable()

        /// Each event once, without restarts.
        public init() {}
    }

    /// Something that is not as it should be.
    public struct Difference: Sendable, CustomStringConvertible {
        /// The line in the file; nil: the engine itself is at fault.
        public var line: Int?
        /// What was expected and what was found.
        public var text: String

        /// `line 12: ...`.
        public var description: String { line.map { "line \($0): \(text)" } ?? text }
    }

    private let file: CaseFile
    private let options: Options
    private var world: CaseWorld
    private var differences: [Difference] = []

    /// A run that has not begun.
    public init(_ file: CaseFile, options: Options = Options()) {
        self.file = file
        self.options = options
        world = CaseWorld(zones: options.zones)
    }

    /// Runs all of it. `afterStep` is told each step and the state after it, as a table.
    public consuming func run(afterStep: (CaseStep, String) -> Void = { _, _ in }) -> [Difference] {
        for step in file.steps {
            take(step)
            if options.restartsEach { world.restart() }
            compare(step.expectation.things)
            afterStep(step, world.table())
        }
        compare(file.expectation.things)
        if let alerts = file.expectation.alerts { compare(alerts, world.alerts, file.steps.last?.line ?? 0) }
        differences += world.faults.map { Difference(line: nil, text: $0) }
        return differences
    }

    private mutating func take(_ step: CaseStep) {
        guard let event = step.event else {
            return compare(step, world.pass(to: step.timeMilliseconds))
        }
        let answer = world.take(event, at: step.timeMilliseconds)
        let expected = step.expectation.outcome?.text ?? "accepted"
        if answer.outcome != expected {
            let what = step.isGiven ? "given: the \(event.type)" : "the \(event.type)"
            note(step.expectation.outcome?.line ?? step.line, "\(what) should be \(expected), but is \(answer.outcome): \(answer.sentence)")
        }
        for number in step.expectation.numbers where answer.numbers[number.name] != number.text {
            note(number.line, "\(number.name) should be \(number.text), but the answer has \(answer.numbers)")
        }
        compare(step, answer)
        if options.duplicatesEach { repeatIt(event, step, first: answer) }
    }

    private mutating func repeatIt(_ event: CaseEvent, _ step: CaseStep, first: CaseWorld.Answer) {
        let again = world.take(event, at: step.timeMilliseconds)
        // What can't be read is put aside each time; what has an id in conflict is refused each time.
        let isKnown = again.outcome == "duplicate" || again.outcome == first.outcome && first.outcome != "accepted"
        if !isKnown { note(step.line, "the \(event.type), sent again, should be duplicate, but is \(again.outcome): \(again.sentence)") }
        if !again.alerts.isEmpty { note(step.line, "the \(event.type), sent again, brings alerts: \(again.alerts)") }
    }

    // MARK: - Compare

    private mutating func compare(_ step: CaseStep, _ answer: CaseWorld.Answer) {
        if let alerts = step.expectation.alerts { compare(alerts, answer.alerts, step.line) }
        if let uncovered = step.expectation.uncovered { compare(uncovered, answer.uncovered, step.line, "uncovered") }
        if let filled = step.expectation.filled { compare(filled, answer.filled, step.line, "filled") }
    }

    private mutating func compare(_ things: [ExpectedThing]) {
        for thing in things {
            let values = world.values(of: thing)
            for expected in thing.values {
                let found = values[expected.name] ?? "not there (status \(values["status"] ?? "none"))"
                guard found != expected.text else { continue }
                let place = thing.name.map { thing.kind == .stock ? " at \($0)" : " \(thing.kind.nameKey) \($0)" } ?? ""
                let at = thing.place.map { " at \($0)" } ?? ""
                note(expected.line, "\(thing.sku)\(place)\(at): \(expected.name) should be \(expected.text), but is \(found)")
            }
        }
    }

    private mutating func compare(_ expected: [Expected], _ found: [String], _ line: Int, _ what: String = "alerts") {
        guard expected.map(\.text) != found else { return }
        let texts = [expected.map(\.text), found].map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
        note(expected.first?.line ?? line, "\(what) should be \(texts[0]), but are \(texts[1])")
    }

    private mutating func note(_ line: Int, _ text: String) { differences.append(Difference(line: line, text: text)) }
}
