/// A scenario that a stock manager can read and write (docs/cases.md): what is there, what happens, what must come of it.
public struct CaseFile: Sendable {
    /// The title, or the file's name where it has none.
    public var title: String
    /// What happens, in order: first what `given` sets up.
    public var steps: [CaseStep]
    /// What must be true at the end.
    public var expectation: CaseExpectation
}

/// One thing that happens, or time that passes.
public struct CaseStep: Sendable {
    /// The line in the file.
    public var line: Int
    /// When, in milliseconds since 1970.
    public var timeMilliseconds: Int64
    /// What; nil: time passes, and what is due happens.
    public var event: CaseEvent?
    /// Whether it belongs to `given`, which has to be accepted.
    public var isGiven: Bool
    /// What must come of it.
    public var expectation: CaseExpectation
}

/// An input event, as a producer would send it.
public struct CaseEvent: Sendable {
    /// Its type, such as `hold`.
    public var type: String
    /// Its SKU, the record's key.
    public var sku: String
    /// The whole event as JSON.
    public var json: String
}

/// What must come of a step, or must be true at the end. What is nil or empty is not looked at.
public struct CaseExpectation: Sendable {
    /// `accepted`, `duplicate`, or the code of a refusal or of a dead letter.
    public var outcome: Expected?
    /// What the refusal's numbers must be, by name.
    public var numbers: [Expected] = []
    /// The alerts of the step, or of the whole case, in order; `[]`: none.
    public var alerts: [Expected]?
    /// The promises that the shelf does not cover any more, newest first; `[]`: none.
    public var uncovered: [Expected]?
    /// The order lines and holds that have got units which they waited for, in the order in which they were served; `[]`: none.
    public var filled: [Expected]?
    /// Facts about SKUs, locations, holds and order lines.
    public var things: [ExpectedThing] = []
}

/// A name with the text that its value must have, and the line where that stands.
public struct Expected: Sendable {
    /// The name.
    public var name: String
    /// The value's text.
    public var text: String
    /// The line in the file.
    public var line: Int
}

/// A thing of the state that must have some values.
public struct ExpectedThing: Sendable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A SKU's totals, or those of one of its locations.
        case stock
        case holds
        case orderLines
        /// What is expected of purchase orders and ASNs.
        case incoming
        case lots
        case availability
        /// What is on its way from one location to another.
        case transfers
        case serials
        /// Those whose holds are.
        case owners
    }

    /// What it is.
    public var kind: Kind
    /// The SKU.
    public var sku: String
    /// The location, hold, order line, lot or other document; nil: the SKU as a whole.
    public var name: String?
    /// The location of a lot; nil: all of them. Of an availability the day through which the units must be usable; nil: any will do.
    public var place: String?
    /// The values.
    public var values: [Expected]
    /// The line in the file.
    public var line: Int
}

/// A file that can't be used as a case.
public struct CaseError: Error, Sendable, CustomStringConvertible {
    /// The line; nil: the file as a whole.
    public var line: Int?
    /// What is wrong and what is allowed.
    public var reason: String

    /// `line: reason`.
    public var description: String { line.map { "\($0): \(reason)" } ?? reason }
}
