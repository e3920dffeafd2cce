/// The bounds of style. Raising one is a decision, not a way out.
enum Limits {
    /// A file below `Sources/` fits in a reader's head; more is split by aspect.
    static let linesPerFile = 400
    /// Columns, as in .swift-format.
    static let columns = 140
    /// A function fits on a screen: from the line of its name to its closing brace.
    static let linesPerFunction = 70
}
