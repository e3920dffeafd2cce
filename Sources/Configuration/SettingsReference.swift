extension Settings {
    /// The text of docs/configuration.md.
    public static func referenceMarkdown() -> String {
        var text = """
            # Configuration

            `stockstream engine --config FILE` reads a YAML file. Every key has a default, so the file holds only what differs, and may be
            missing. Environment variables win over the file. Anything that is wrong is reported at once, with file, line and column, the
            value, and what is allowed; an unknown key is an error that names the nearest one.

            - Keys are written nested (`kafka:` and below it `group: stock`) or dotted (`kafka.group: stock`).
            - Whole numbers may be grouped with underscores: `1_000_000`.
            - Anchors, aliases, tags and further documents are refused.
            - A variable that is empty counts as not set. A variable that begins with `STOCKSTREAM_` and means nothing is a warning.
            - `_FILE` behind the name of a variable means: the value is in that file, as container platforms hand secrets over
              (`STOCKSTREAM_REDIS_PASSWORD_FILE=/run/secrets/redis`). One line feed at its end does not count.
            - Entries of `kafka.properties` are set by `STOCKSTREAM_KAFKA_PROPERTIES_` and the property's name in capitals, dots as
              underscores: `STOCKSTREAM_KAFKA_PROPERTIES_SASL_PASSWORD` is `sasl.password`.
            - Passwords, addresses with passwords, and the values of `kafka.properties` are in no log and no message.

            This page is made from the table in the source; a test compares them.

            """
        for section in sections {
            text += "\n## \(section)\n\n| Key | Default | Allowed | Meaning |\n|---|---|---|---|\n"
            for key in SettingKey.all where key.path.hasPrefix(section + ".") {
                let names = "`\(key.path)`<br>`\(key.environmentName)\(key.isMap ? "_…" : "")`"
                text += "| \(names) | \(cell(key.defaultText)) | \(cell(key.allowed)) | \(cell(key.help)) |\n"
            }
        }
        return text + "\n## Every key with its default\n\n```yaml\n\(exampleFile())```\n"
    }

    /// A file that sets every key to its default; those without a fixed default are commented out.
    public static func exampleFile() -> String {
        var text = ""
        var open: [String] = []
        for key in SettingKey.all {
            var parts = key.path.split(separator: ".").map(String.init)
            let name = parts.removeLast()
            while !parts.starts(with: open) || open.count > parts.count { open.removeLast() }
            for part in parts[open.count...] {
                text += "\(String(repeating: "  ", count: open.count))\(part):\n"
                open.append(part)
            }
            let indent = String(repeating: "  ", count: open.count)
            text += "\(indent)# \(key.help)\n"
            if key.isMap {
                text += "\(indent)# \(name):\n\(indent)#   security.protocol: SASL_SSL\n\(indent)#   sasl.mechanism: SCRAM-SHA-512\n"
            } else if key.get(EngineSettings()) == key.defaultText {
                text += "\(indent)\(name): \(key.defaultText)\n"
            } else {
                text += "\(indent)# \(name):  (default: \(key.defaultText))\n"
            }
        }
        return text
    }

    /// Lines for `--help`: key, default and meaning.
    public static func helpText() -> String {
        SettingKey.all.map { key in
            let limits = "Default: \(key.defaultText). Allowed: \(key.allowed)."
            return "\(key.path)\n    \(key.help)\n    \(limits)\n    \(key.environmentName)\(key.isMap ? "_…" : "")\n"
        }.joined()
    }

    private static var sections: [String] {
        var names: [String] = []
        for key in SettingKey.all {
            let name = String(key.path.prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
