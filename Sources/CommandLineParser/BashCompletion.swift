/// Makes the completion script from the table of subcommands.
struct BashCompletion {
    /// The program that is completed.
    let program: CommandLineProgram

    /// The script. It completes names of subcommands, options, words of choices, and paths, and needs nothing but bash 4.
    func script() -> String {
        let function = "_" + program.name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        var text = "# bash completion for \(program.name); made by: \(program.name) completion bash\n"
        text += "\(function)() {\n"
        text += "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= index\n"
        text += "    COMPREPLY=()\n"
        text += "    for ((index = 1; index < COMP_CWORD; index++)); do\n"
        text += "        case \"$command ${COMP_WORDS[index]}\" in\n"
        text += "            \(prefixes.map { BashCompletion.quote(" " + $0) }.joined(separator: " | ")))\n"
        text += "                command+=\" ${COMP_WORDS[index]}\" ;;\n"
        text += "            *) break ;;\n"
        text += "        esac\n"
        text += "    done\n"
        text += "    case \"$command:$previous\" in\n"
        for subcommand in program.subcommands { text += values(of: subcommand) }
        text += "    esac\n"
        text += "    case \"$command\" in\n"
        for prefix in [""] + prefixes { text += choices(after: prefix) }
        text += "    esac\n"
        text += "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        text += "}\n"
        text += "complete -F \(function) \(program.name)\n"
        return text
    }

    /// Every beginning of a name, shorter ones first.
    private var prefixes: [String] {
        var all: [String] = []
        for words in program.subcommands.map(\.words) + [["help"], ["completion"]] {
            for length in 1...words.count {
                let prefix = words[..<length].joined(separator: " ")
                if !all.contains(prefix) { all.append(prefix) }
            }
        }
        return all
    }

    /// The cases in which the word before the cursor is an option that takes a value.
    private func values(of subcommand: Subcommand) -> String {
        var text = ""
        for option in subcommand.options where !option.isFlag {
            let names = ["--\(option.name)"] + (option.letter.map { ["-\($0)"] } ?? [])
            let pattern = names.map { BashCompletion.quote(" \(subcommand.name):\($0)") }.joined(separator: " | ")
            let action: String
            switch option.value {
            case .choice(let words):
                action = "COMPREPLY=($(compgen -W \(BashCompletion.quote(words.joined(separator: " "))) -- \"$current\"))"
            case .path: action = "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))"
            case .flag, .text, .integer, .number: action = ""
            }
            text += "        \(pattern)) \(action.isEmpty ? "" : action + "; ")return ;;\n"
        }
        return text
    }

    /// What may stand behind the beginning of a name: further words, or options and the choices of its arguments.
    private func choices(after prefix: String) -> String {
        let words = prefix.split(separator: " ").map(String.init)
        var next: [String] = []
        for other in prefixes.map({ $0.split(separator: " ").map(String.init) })
        where other.count == words.count + 1 && other.starts(with: words) {
            next.append(other[words.count])
        }
        if let subcommand = program.subcommands.first(where: { $0.name == prefix }) {
            next += subcommand.arguments.flatMap { $0.choices ?? [] } + subcommand.options.map { "--\($0.name)" }
        }
        if prefix == "completion" { next.append("bash") }
        if prefix == "help" { next += Array(Set(program.subcommands.map { $0.words[0] })).sorted() }
        next.append("--help")
        if prefix.isEmpty { next.append("--version") }
        let pattern = BashCompletion.quote(prefix.isEmpty ? "" : " \(prefix)")
        return "        \(pattern)) words=\(BashCompletion.quote(next.joined(separator: " "))) ;;\n"
    }

    private static func quote(_ text: String) -> String {
        var quoted = "'"
        for character in text { quoted += character == "'" ? "'\\''" : String(character) }
        return quoted + "'"
    }
}
