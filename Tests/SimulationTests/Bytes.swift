import Files
import SystemPackage

extension OpenFile {
    func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
        try bytes.withUnsafeBufferPointer { (all) throws(FileError) in
            try write([UnsafeRawBufferPointer(all)], at: offset)
        }
    }
}
