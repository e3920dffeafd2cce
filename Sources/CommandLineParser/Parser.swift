import NearestName

/// Why a command line can't be carried out.
public struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what would be right.
    public var description: String
}

/// Reads what follows the name of a subcommand. Options and arguments may be mixed; `--` ends the options.
struct Parser {
    private let subcommand: Subcommand
    private var rest: ArraySlice<String>
    private var parsed: ParsedArguments
    private var positional: [String] = []

    /// What `--help` asks for instead of a result.
    enum Outcome {
        case help
        case arguments(ParsedArguments)
    }

    /// Parses the words behind the subcommand's name.
    static func parse(_ subcommand: Subcommand, _ words: ArraySlice<String>) throws(UsageError) -> Outcome {
        var parser = Parser(subcommand: subcommand, rest: words, parsed: ParsedArguments(subcommand: subcommand))
        return try parser.run()
    }

    private init(subcommand: Subcommand, rest: ArraySlice<String>, parsed: ParsedArguments) {
        self.subcommand = subcommand
        self.rest = rest
        self.parsed = parsed
    }

    private mutating func run() throws(UsageError) -> Outcome {
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                rest = []
            } else if word == "--help" || word == "-h" {
                return .help
            } else if word.hasPrefix("--") {
                try takeLong(word.dropFirst(2))
            } else if word.hasPrefix("-"), word.count > 1, Double(word) == nil {
                try takeShort(word.dropFirst())
            } else {
                positional.append(word)
            }
        }
        try placeArguments()
        for option in subcommand.options where option.isRequired && parsed.values[option.name] == nil {
            throw UsageError(description: "option --\(option.name) is missing")
        }
        return .arguments(parsed)
    }

    private mutating func takeLong(_ word: Substring) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = subcommand.options.first(where: { $0.name == name }) else {
            let hint = nearestName(to: name, among: subcommand.options.map(\.name) + ["help"]).map { "; did you mean --\($0)?" } ?? ""
            throw UsageError(description: "unknown option --\(name)\(hint)")
        }
        try take(option, as: "--\(name)", attached: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// `-v`, `-abc` for three flags, `-n5` and `-n 5` for a value.
    private mutating func takeShort(_ letters: Substring) throws(UsageError) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = subcommand.options.first(where: { $0.letter == letter }) else {
                throw UsageError(description: "unknown option -\(letter)")
            }
            if option.isFlag {
                try take(option, as: "-\(letter)", attached: nil)
            } else {
                try take(option, as: "-\(letter)", attached: letters.isEmpty ? nil : String(letters))
                return
            }
        }
    }

    private mutating func take(_ option: CommandOption, as written: String, attached: String?) throws(UsageError) {
        let isRepeated = parsed.values[option.name] != nil || parsed.flags.contains(option.name)
        guard !isRepeated || option.isRepeatable else { throw UsageError(description: "option \(written) is given twice") }
        if option.isFlag {
            guard attached == nil else { throw UsageError(description: "option \(written) takes no value") }
            parsed.flags.insert(option.name)
            return
        }
        guard let text = attached ?? takeValue() else {
            throw UsageError(description: "option \(written) needs a value: \(option.placeholder)")
        }
        if let allowed = option.check(text) {
            throw UsageError(description: "option \(written): \"\(text)\" is not allowed; allowed: \(allowed)")
        }
        parsed.values[option.name, default: []].append(text)
    }

    /// The next word, unless it is an option of this subcommand: a forgotten value must not swallow it.
    private mutating func takeValue() -> String? {
        guard let next = rest.first else { return nil }
        if next.hasPrefix("--") {
            let name = next.dropFirst(2).prefix { $0 != "=" }
            if name.isEmpty || name == "help" || subcommand.options.contains(where: { $0.name == name }) { return nil }
        }
        return rest.popFirst()
    }

    private mutating func placeArguments() throws(UsageError) {
        var values = positional[...]
        for argument in subcommand.arguments {
            switch argument.count {
            case .one, .oneOrMore:
                guard !values.isEmpty else { throw UsageError(description: "argument \(argument.name) is missing") }
            case .optional, .any: break
            }
            let taken: ArraySlice<String>
            switch argument.count {
            case .one, .optional: taken = values.prefix(1)
            case .oneOrMore, .any: taken = values
            }
            values = values.dropFirst(taken.count)
            if let choices = argument.choices, let wrong = taken.first(where: { !choices.contains($0) }) {
                throw UsageError(
                    description: "argument \(argument.name): \"\(wrong)\" is not allowed; allowed: \(choices.joined(separator: ", "))")
            }
            if !taken.isEmpty { parsed.positional[argument.name] = Array(taken) }
        }
        if let extra = values.first { throw UsageError(description: "unexpected argument \"\(extra)\"") }
    }
}
