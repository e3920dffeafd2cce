/// The names of the view's keys, as `docs/redis.md` has them; built once.
struct ViewKeys {
    let sku: [UInt8]
    let low: [UInt8]
    let out: [UInt8]
    let lowAtLocation: [UInt8]
    let outAtLocation: [UInt8]
    let locations: [UInt8]
    let partitions: [UInt8]
    private let prefix: String

    init(prefix: String) {
        self.prefix = prefix
        sku = Array("\(prefix):sku:".utf8)
        low = Array("\(prefix):low".utf8)
        out = Array("\(prefix):out".utf8)
        lowAtLocation = Array("\(prefix):low:".utf8)
        outAtLocation = Array("\(prefix):out:".utf8)
        locations = Array("\(prefix):locations".utf8)
        partitions = Array("\(prefix):partitions".utf8)
    }

    func watermark(_ partition: Int32) -> [UInt8] { Array("\(prefix):watermark:\(partition)".utf8) }
    func counters(_ partition: Int32) -> [UInt8] { Array("\(prefix):counters:\(partition)".utf8) }
    func changes(_ partition: Int32) -> [UInt8] { Array("\(prefix):changes:\(partition)".utf8) }
    func skus(_ partition: Int32) -> [UInt8] { Array("\(prefix):skus:\(partition)".utf8) }
}
