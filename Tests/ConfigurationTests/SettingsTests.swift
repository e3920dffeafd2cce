import YAML
import Configuration
import Foundation
import Testing

private func load(_ text: String, _ environment: [String: String] = [:]) throws -> EngineSettings {
    try Settings.load(text: Array(text.utf8), name: "stock.yaml", environment: environment).settings
}

/// What is wrong with a text, as it would be printed.
private func complaints(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    do {
        _ = try load(text, environment)
        return []
    } catch {
        return String(describing: error).split(separator: "\n").map(String.init)
    }
}

@Suite struct SettingsTests {
    @Test func nothingGivesTheDefaults() throws {
        #expect(try load("") == EngineSettings())
        #expect(try Settings.load(file: nil, environment: [:]).settings == EngineSettings())
        #expect(EngineSettings().engine.workers >= 1)
        #expect(EngineSettings().kafka.effectiveTransactionalIDPrefix == "stockstream")
    }

    @Test func everyKindOfValue() throws {
        let settings = try load(
            """
            kafka:
              bootstrap: a:9092, [::1]:9093
              group: "berlin"
              properties:
                security.protocol: SASL_SSL
                sasl.password: "p@ss: word"
                retries: 5
            engine:
              workers: 3
              idWindow: {entries: 2_000_000, minutes: 20}
              limits.openHoldsPerSKU: 5
            redis:
              address: unix:///run/redis.sock?db=2
              database: 0
              password: '0123'
            metrics.port: 9100
            topics:
              deadLetters: dead
            log:
            """)
        #expect(settings.kafka.bootstrap == "a:9092, [::1]:9093")
        #expect(settings.kafka.effectiveTransactionalIDPrefix == "berlin")
        #expect(settings.kafka.properties == ["security.protocol": "SASL_SSL", "sasl.password": "p@ss: word", "retries": "5"])
        #expect(settings.engine.workers == 3)
        #expect(settings.engine.idWindow.entries == 2_000_000 && settings.engine.idWindow.minutes == 20)
        #expect(settings.engine.limits.openHoldsPerSKU == 5)
        #expect(settings.redis.address == "unix:///run/redis.sock?db=2")
        #expect(settings.redis.database == 0)
        #expect(settings.redis.password == "0123", "a quoted number stays text")
        #expect(settings.metrics.port == 9_100)
        #expect(settings.topics.deadLetters == "dead")
        #expect(settings.log == EngineSettings().log)
    }

    @Test(arguments: [
        ("engine:\n  workers: many", #"stock.yaml:2:12: engine.workers: "many" is not allowed; allowed: 1 to 256"#),
        ("engine:\n  workers: 0", #"stock.yaml:2:12: engine.workers: "0" is not allowed; allowed: 1 to 256"#),
        ("engine: {workers: 010}", #"stock.yaml:1:19: engine.workers: "010" is not allowed; allowed: 1 to 256"#),
        ("engine: {workers: 99999999999999999999}", "allowed: 1 to 256"),
        ("engine: {workers: 1_}", "allowed: 1 to 256"), ("engine: {workers: 1.0}", "allowed: 1 to 256"),
        ("engine: {workers: [1]}", "stock.yaml:1:19: engine.workers: must be a single value; allowed: 1 to 256"),
        ("engine:\n  workers:", "stock.yaml:2:3: engine.workers: has no value; allowed: 1 to 256"),
        ("engine: 5", "stock.yaml:1:9: engine: must have keys below it, such as engine.workers"),
        ("kafka:\n  boostrap: a:1", "stock.yaml:2:3: unknown key kafka.boostrap; did you mean kafka.bootstrap?"),
        ("kafak: {group: a}", "stock.yaml:1:1: unknown key kafak; did you mean kafka?"),
        ("workers: 3", "stock.yaml:1:1: unknown key workers; did you mean engine.workers?"),
        ("log: {colour: red}", "stock.yaml:1:7: unknown key log.colour; allowed: log.level, log.format"),
        ("zzz: 1", "allowed: engine, kafka, log, metrics, redis, topics"),
        ("log: {level: loud}", #"stock.yaml:1:14: log.level: "loud" is not allowed; allowed: error, warning, notice, info, debug"#),
        ("kafka: {bootstrap: localhost}", #"kafka.bootstrap: "localhost" is not allowed; allowed: host:port"#),
        ("kafka: {bootstrap: 'a:1,'}", "allowed: host:port"), ("kafka: {bootstrap: 'a:0'}", "allowed: host:port"),
        ("kafka: {bootstrap: 'a:65536'}", "allowed: host:port"), ("kafka: {bootstrap: ':9092'}", "allowed: host:port"),
        ("kafka: {group: ''}", #"kafka.group: "" is not allowed; allowed: 1 to 200"#),
        ("kafka: {group: null}", "kafka.group: has no value"),
        ("kafka: {properties: [a]}", "kafka.properties: must be a map of names and texts"),
        ("kafka: {properties: {a: [b]}}", "stock.yaml:1:25: kafka.properties.a: must be a single value"),
        ("topics: {events: 'a b'}", #"topics.events: "a b" is not allowed; allowed: 1 to 249 letters"#),
        ("topics: {events: .}", "allowed: 1 to 249 letters"),
        ("topics: {events: stock.ledger.v1}", #"topics.ledger: "stock.ledger.v1" is the name of topics.events already"#),
        ("redis: {address: 'http://x'}", "redis.address: the value (hidden) is not allowed; allowed: redis://"),
        ("redis: {address: 'rediss://x'}", "TLS (rediss://) needs a tunnel"),
        ("redis: {keyPrefix: '{a}'}", "redis.keyPrefix"), ("metrics: {port: 65536}", "allowed: 0 to 65535"),
        (
            "engine: {idWindow: {cap: 1000}}",
            "stock.yaml:1:26: engine.idWindow.cap: 1000 is not allowed; allowed: at least engine.idWindow.entries"
        ),
        ("engine: {idWindow: {entries: 5000000}}", "default: engine.idWindow.cap: 4000000 is not allowed"),
        ("engine: {closedRetentionDays: 500}", "engine.orderLineRetentionDays: 400 is not allowed"),
        ("engine: {workers: 1}\nengine.workers: 2", "stock.yaml:2:1: engine.workers: is there twice; the first is at stock.yaml:1:19"),
        ("log: {level: info}\nlog: {format: json}", "stock.yaml:2:1: the key log is there twice; the first is in line 1"),
        ("- a", "stock.yaml:1:1: the file must hold keys and values"), ("just text", "stock.yaml:1:1: the file must hold keys and values"),
        ("a: [", "stock.yaml:"),
    ])
    func whatIsWrongIsNamed(text: String, complaint: String) {
        let found = complaints(text)
        #expect(found.count == 1)
        #expect(found.first?.contains(complaint) == true, "\(found)")
    }

    @Test func everythingThatIsWrongIsReportedAtOnce() {
        let found = complaints("log: {level: x}\nengine: {workers: -1}\nnope: 1", ["STOCKSTREAM_METRICS_PORT": "http"])
        #expect(
            found == [
                #"stock.yaml:1:14: log.level: "x" is not allowed; allowed: error, warning, notice, info, debug"#,
                #"stock.yaml:2:19: engine.workers: "-1" is not allowed; allowed: 1 to 256"#,
                "stock.yaml:3:1: unknown key nope; allowed: engine, kafka, log, metrics, redis, topics",
                #"environment variable STOCKSTREAM_METRICS_PORT: metrics.port: "http" is not allowed; allowed: 0 to 65535"#,
            ])
    }

    @Test func secretsAreInNoMessage() {
        for text in ["redis: {password: \"hunter2\\n\"}", "redis: {address: 'ftp://u:hunter2@h'}"] {
            let found = complaints(text).joined()
            #expect(found.contains("not allowed") && !found.contains("hunter2"))
        }
    }

    @Test func valuesAreShownShortAndWithoutControlCharacters() {
        let found = complaints("log: {level: \"\\e[31m\(String(repeating: "x", count: 500))\"}").joined()
        #expect(found.contains("…\"") && found.count < 300)
        #expect(!found.unicodeScalars.contains { $0.value < 0x20 })
    }
}

@Suite struct SettingsSourceTests {
    private static func temporary(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func environmentWinsOverFile() throws {
        let file = try Self.temporary("kafka: {bootstrap: 'file:1', group: g}\n")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let loaded = try Settings.load(
            file: file, environment: ["STOCKSTREAM_KAFKA_BOOTSTRAP": "environment:2", "STOCKSTREAM_LOG_LEVEL": "", "PATH": "/bin"])
        #expect(loaded.settings.kafka.bootstrap == "environment:2")
        #expect(loaded.settings.kafka.group == "g")
        #expect(loaded.settings.log.level == "info", "an empty variable is not set")
        #expect(loaded.origins["kafka.bootstrap"] == .environment("STOCKSTREAM_KAFKA_BOOTSTRAP"))
        #expect(loaded.origins["kafka.group"] == .file(file, .init(line: 1, column: 37)))
        #expect(loaded.origins["log.level"] == nil)
        #expect(
            String(describing: loaded.error("kafka.group", "the broker refuses it")) == "\(file):1:37: kafka.group: the broker refuses it")
    }

    @Test func everyKeyHasItsVariable() throws {
        #expect(Set(SettingKey.all.map(\.environmentName)).count == SettingKey.all.count)
        #expect(Set(SettingKey.all.map(\.path)).count == SettingKey.all.count)
        let names = Dictionary(uniqueKeysWithValues: SettingKey.all.map { ($0.path, $0.environmentName) })
        #expect(names["kafka.transactionalIDPrefix"] == "STOCKSTREAM_KAFKA_TRANSACTIONAL_ID_PREFIX")
        #expect(names["kafka.clientID"] == "STOCKSTREAM_KAFKA_CLIENT_ID")
        #expect(names["engine.idWindow.cap"] == "STOCKSTREAM_ENGINE_ID_WINDOW_CAP")
        #expect(names["engine.limits.openHoldsPerSKU"] == "STOCKSTREAM_ENGINE_LIMITS_OPEN_HOLDS_PER_SKU")
        #expect(names["topics.deadLetters"] == "STOCKSTREAM_TOPICS_DEAD_LETTERS")
        let loaded = try Settings.load(
            file: nil,
            environment: [
                "STOCKSTREAM_KAFKA_PROPERTIES_SASL_PASSWORD": "secret", "STOCKSTREAM_ENGINE_ID_WINDOW_CAP": "1000000",
                "STOCKSTREAM_REDIS_DATABASE": "7",
            ])
        #expect(loaded.settings.kafka.properties == ["sasl.password": "secret"])
        #expect(loaded.settings.engine.idWindow.cap == 1_000_000)
        #expect(loaded.settings.redis.database == 7)
        #expect(loaded.warnings.isEmpty)
    }

    @Test func secretsFromFiles() throws {
        let file = try Self.temporary("hunter2\n")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let loaded = try Settings.load(
            file: nil, environment: ["STOCKSTREAM_REDIS_PASSWORD_FILE": file, "STOCKSTREAM_KAFKA_PROPERTIES_SASL_PASSWORD_FILE": file])
        #expect(loaded.settings.redis.password == "hunter2")
        #expect(loaded.settings.kafka.properties == ["sasl.password": "hunter2"])
        let both = #expect(throws: ConfigurationError.self) {
            try Settings.load(file: nil, environment: ["STOCKSTREAM_REDIS_PASSWORD_FILE": file, "STOCKSTREAM_REDIS_PASSWORD": "x"])
        }
        #expect(both.map(String.init(describing:))?.contains("STOCKSTREAM_REDIS_PASSWORD is set as well") == true)
        #expect(throws: ConfigurationError.self) {
            try Settings.load(file: nil, environment: ["STOCKSTREAM_REDIS_PASSWORD_FILE": "/nonexistent/file"])
        }
    }

    @Test func unknownVariablesAreWarnings() throws {
        let loaded = try Settings.load(
            file: nil,
            environment: [
                "STOCKSTREAM_ENGINE_WORKER": "1", "STOCKSTREAM_PORT_9092_TCP": "tcp://10.0.0.1:9092", "STOCKSTREAM_KAFKA_PROPERTIES_": "x",
            ])
        #expect(
            loaded.warnings == [
                "unknown environment variable STOCKSTREAM_ENGINE_WORKER; did you mean STOCKSTREAM_ENGINE_WORKERS?",
                "unknown environment variable STOCKSTREAM_KAFKA_PROPERTIES_; did you mean STOCKSTREAM_KAFKA_PROPERTIES?",
                "unknown environment variable STOCKSTREAM_PORT_9092_TCP",
            ])
    }

    @Test func filesThatCannotBeRead() {
        for (path, reason) in [
            ("/nonexistent/stock.yaml", "/nonexistent/stock.yaml: No such file or directory"), ("/tmp", "/tmp: Is a directory"),
            ("/dev/zero", "/dev/zero: the file has more than 1048576 bytes"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try Settings.load(file: path, environment: [:]) }
            #expect(error.map(String.init(describing:)) == reason)
        }
    }

    @Test func descriptionHidesSecrets() throws {
        let loaded = try Settings.load(
            text: Array(
                "redis: {address: 'redis://u:hunter2@h:1/2', password: hunter2}\nkafka: {properties: {sasl.password: hunter2}}".utf8),
            name: "f")
        let lines = loaded.describe()
        #expect(lines.count == SettingKey.all.count)
        #expect(lines.allSatisfy { !$0.value.contains("hunter2") })
        #expect(lines.first { $0.key == "redis.address" }?.value == "redis://(hidden)@h:1/2")
        #expect(lines.first { $0.key == "redis.password" }?.value == "(hidden)")
        #expect(lines.first { $0.key == "kafka.properties" }?.value == "sasl.password")
        #expect(lines.first { $0.key == "kafka.group" }?.origin == .byDefault)
    }
}
