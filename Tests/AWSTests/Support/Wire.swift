import Curl

/// One client for all tests: a connection and a thread each would be waste.
enum Wire { static let client = CurlClient() }
