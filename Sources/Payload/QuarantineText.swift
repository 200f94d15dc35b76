internal import CSimdjson
import Foundation
import Model

/// The payload of a `_quarantine` line.
enum QuarantineText {
    /// The longest text that leaves a line under Spark's 16 MiB for a value.
    private static let maxTextBytes = 15 << 20

    /// `raw` holds the event's bytes as text where they are valid UTF-8 and fit once escaped, else `raw_base64` does.
    static func payload(of reject: RejectedEvent, stream: StreamName, raw: UnsafeRawBufferPointer) -> String {
        var text = #"{"stream":"\#(stream)","reason":"\#(reject.reason.code)","detail":""#
        JSONEscape.append(reject.detail, to: &text)
        text += #"","index":\#(reject.index),"#
        if sluice_is_utf8(raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count) {
            let escaped = JSONEscape.escaped(String(decoding: raw, as: UTF8.self))
            if escaped.utf8.count <= maxTextBytes { return text + #""raw":"\#(escaped)"}"# }
        }
        return text + #""raw_base64":"\#(Data(raw).base64EncodedString())"}"#
    }
}
