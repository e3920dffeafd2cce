extension CommandLineProgram {
    /// The width that help is wrapped to.
    private static let width = 100

    /// The help of the whole program.
    func help() -> String {
        var text = "\(summary)\n\nUsage: \(name) SUBCOMMAND [OPTION]... [ARGUMENT]...\n\nSubcommands:\n"
        var rows = subcommands.map { ($0.name, $0.summary) }
        rows.append(("completion bash", "Print a completion script for bash."))
        rows.append(("help SUBCOMMAND", "Print the help of a subcommand."))
        text += CommandLineProgram.table(rows)
        text += "\nOptions:\n" + CommandLineProgram.table([("-h, --help", "Print help."), ("    --version", "Print the version.")])
        return text
    }

    /// The help of the subcommands whose names begin alike.
    func help(ofGroup group: String, _ members: [Subcommand]) -> String {
        "Usage: \(name) \(group) SUBCOMMAND [OPTION]... [ARGUMENT]...\n\nSubcommands:\n"
            + CommandLineProgram.table(members.map { ($0.name, $0.summary) })
    }

    /// The help of one subcommand.
    func help(of subcommand: Subcommand) -> String {
        var usage = "Usage: \(name) \(subcommand.name)"
        for option in subcommand.options where option.isRequired { usage += " --\(option.name) \(option.placeholder)" }
        if subcommand.options.contains(where: { !$0.isRequired }) { usage += " [OPTION]..." }
        for argument in subcommand.arguments {
            switch argument.count {
            case .one: usage += " \(argument.name)"
            case .optional: usage += " [\(argument.name)]"
            case .oneOrMore: usage += " \(argument.name)..."
            case .any: usage += " [\(argument.name)]..."
            }
        }
        var text = "\(subcommand.summary)\n\n\(usage)\n"
        if !subcommand.discussion.isEmpty { text += "\n" + CommandLineProgram.wrap(subcommand.discussion, indent: 0) }
        if !subcommand.arguments.isEmpty {
            text += "\nArguments:\n" + CommandLineProgram.table(subcommand.arguments.map { ($0.name, CommandLineProgram.describe($0)) })
        }
        var rows = subcommand.options.map { (CommandLineProgram.head($0), CommandLineProgram.describe($0)) }
        rows.append(("-h, --help", "Print this help."))
        return text + "\nOptions:\n" + CommandLineProgram.table(rows)
    }

    private static func head(_ option: CommandOption) -> String {
        let short = option.letter.map { "-\($0), " } ?? "    "
        return option.isFlag ? "\(short)--\(option.name)" : "\(short)--\(option.name) \(option.placeholder)"
    }

    private static func describe(_ option: CommandOption) -> String {
        var text = option.help
        switch option.value {
        case .integer(let range): text += " From \(range.lowerBound) to \(range.upperBound)."
        case .number(let range): text += " From \(range.lowerBound) to \(range.upperBound)."
        case .flag, .text, .path, .choice: break
        }
        if let value = option.defaultValue { text += " Default: \(value)." }
        if option.isRequired { text += " Must be given." }
        if option.isRepeatable { text += " May be given more than once." }
        return text
    }

    private static func describe(_ argument: CommandArgument) -> String {
        guard let choices = argument.choices else { return argument.help }
        return "\(argument.help) One of: \(choices.joined(separator: ", "))."
    }

    /// Two columns; a wide left one puts the right one on the next line.
    private static func table(_ rows: [(String, String)]) -> String {
        let column = min(30, (rows.map { $0.0.count }.max() ?? 0) + 2)
        var text = ""
        for (left, right) in rows {
            let wrapped = wrap(right, indent: column + 2)
            let padding = column - left.count
            if padding >= 2 {
                text += "  \(left)\(String(repeating: " ", count: padding))\(wrapped.drop { $0 == " " })"
            } else {
                text += "  \(left)\n\(wrapped)"
            }
        }
        return text
    }

    /// The text in lines of at most `width`, words whole, each line ended by a line feed. Line feeds of the text stay.
    private static func wrap(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var result = ""
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = margin
            for word in paragraph.split(separator: " ") {
                if line.count > indent, line.count + 1 + word.count > width {
                    result += line + "\n"
                    line = margin
                }
                line += line.count > indent ? " \(word)" : String(word)
            }
            result += line + "\n"
        }
        return result
    }
}
