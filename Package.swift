// swift-tools-version: 6.2
import PackageDescription

// One shared list of settings for every Swift target. With SLUICE_STRICT=1 (the Makefile sets it) warnings are errors.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (Context.environment["SLUICE_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : [])
    // Bugs put in on purpose, for `make canaries` alone.
    + (Context.environment["SLUICE_CANARIES"] == "1" ? [.define("SLUICE_CANARIES")] : [])

let package = Package(
    name: "sluice",
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    ],
    targets: [
        // C and C++ leaves.
        .target(name: "CLinux"),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CSimdjson",
            cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("simdjson")]),

        // One-way imports: a target depends only on targets above it.
        .target(name: "Model", dependencies: ["CCrypto"], swiftSettings: strict),
        .target(
            name: "Files",
            dependencies: ["Model", "CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(name: "Telemetry", dependencies: ["Model"], swiftSettings: strict),
        .target(
            name: "Access",
            dependencies: ["Model", "Files", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(
            name: "Payload",
            dependencies: ["Model", "CSimdjson", "CISAL", "CZstd", "CCrypto", "CZlib"],
            swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: [
                "Model", "Files", "Payload", .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Journal.docc"],
            swiftSettings: strict),
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: strict),
        .target(
            name: "AWS",
            dependencies: [
                "CLinux", "Model", "Files", "Curl", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "Landing",
            dependencies: ["Model", "Files", "Curl", "AWS", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "Model", "Files", "Telemetry", "Payload", "Journal", "Landing",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "Replay",
            dependencies: [
                "Model", "Files", "Payload", "Curl", "Landing", "Audit",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ReplayTests",
            dependencies: [
                "Model", "Files", "Payload", "Curl", "Landing", "Audit", "Replay", "ScriptedServer",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(name: "Audit", dependencies: ["Model", "Payload", "Landing"], swiftSettings: strict),
        .target(
            name: "Simulation",
            dependencies: ["Model", "Files", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        // A simulated world of several regions, running the gateway's own code.
        .target(
            name: "World",
            dependencies: [
                "Model", "Files", "Payload", "Journal", "Landing", "Gateway", "Audit", "Simulation",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        // What a partition would do: flows, decided by the gateway's own state machines.
        .target(
            name: "Scenarios",
            dependencies: ["Model", "Landing", "Gateway", "Settings", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .testTarget(
            name: "ScenariosTests", dependencies: ["Model", "Gateway", "Settings", "Scenarios"], swiftSettings: strict),
        .testTarget(
            name: "WorldTests",
            dependencies: [
                "World", "Files", "Gateway", "Model", "Payload", "Simulation",
                .product(name: "SystemPackage", package: "swift-system"),
            ], swiftSettings: strict),
        .target(
            name: "Settings",
            dependencies: ["Model", "Payload", "AWS", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(
            name: "Edge",
            dependencies: [
                "Model", "Telemetry", "Access", "Gateway", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "Control",
            dependencies: [
                "Model", "Telemetry", "Access", "Gateway", .product(name: "Logging", package: "swift-log"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EdgeTests",
            dependencies: [
                "Model", "Telemetry", "Access", "Gateway", "Edge", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "CLinux", "Model", "Files", "Telemetry", "Access", "Payload", "Journal", "Curl", "AWS", "Landing",
                "Gateway", "Settings", "Edge", "Control", "Audit", "Replay", "World", "Scenarios", "LoadGenerator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),

        // A server on loopback that does as it is told, for tests of clients.
        .target(name: "ScriptedServer", path: "Tests/ScriptedServer", swiftSettings: strict),
        .testTarget(name: "CurlTests", dependencies: ["Curl", "ScriptedServer"], swiftSettings: strict),
        .testTarget(
            name: "FilesTests",
            dependencies: ["Model", "Files", "Simulation", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Model", "Files", "Simulation", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .testTarget(
            name: "AWSTests",
            dependencies: [
                "Model", "Files", "Curl", "AWS", "Simulation", "ScriptedServer",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["STS/sts_server.py"],
            swiftSettings: strict),
        .testTarget(
            name: "LandingTests",
            dependencies: [
                "Model", "Files", "Curl", "AWS", "Landing", "Simulation", "ScriptedServer",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "JournalTests",
            dependencies: [
                "Model", "Files", "Payload", "Journal", "Simulation",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Golden"],
            swiftSettings: strict),
        .target(name: "LoadGenerator", dependencies: ["Model", "CZlib"], swiftSettings: strict),
        .testTarget(
            name: "LoadGeneratorTests", dependencies: ["Model", "CZlib", "LoadGenerator"], swiftSettings: strict),
        .testTarget(
            name: "PayloadTests",
            dependencies: ["Model", "Payload", "Simulation", "CZlib", "CZstd"],
            swiftSettings: strict),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: strict),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Model", "Telemetry", "Access", "Gateway", "Control", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AccessTests",
            dependencies: [
                "Model", "Files", "Access", "Simulation", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SettingsTests", dependencies: ["Settings", "Scenarios", "Payload", "Model"], swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Model", "Files", "Telemetry", "Curl", "AWS", "ScriptedServer", "Journal", "Landing", "Payload",
                "Gateway",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AuditTests",
            dependencies: [
                "Model", "Files", "Journal", "Landing", "Payload", "Gateway", "Audit", "Simulation",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)

// The tool that lets the bugs of `Canary` loose, for `make canaries`.
if Context.environment["SLUICE_CANARIES"] == "1" {
    package.targets.append(
        .executableTarget(name: "canaries", dependencies: ["Model", "World"], swiftSettings: strict))
}

// What `make fuzz` feeds with arbitrary bytes, as tests of the seeds; or, built apart, within libFuzzer, which has its own main.
let isFuzzing = Context.environment["SLUICE_FUZZ"] == "1"
let fuzzed: [Target.Dependency] = [
    "Model", "Files", "Telemetry", "Access", "Payload", "Journal", "Curl", "AWS", "Landing", "Gateway", "Settings",
    "Edge",
    "Simulation", "CZlib",
    .product(name: "Logging", package: "swift-log"),
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
    .product(name: "SystemPackage", package: "swift-system"),
]
package.targets +=
    isFuzzing
    ? [
        .target(name: "FuzzFeatures", path: "Tests/FuzzFeatures"),
        .executableTarget(
            name: "fuzzer", dependencies: fuzzed + ["FuzzFeatures"], path: "Tests/FuzzTests",
            exclude: ["SeedTests.swift", "Targets/verdicts.py", "Seeds", "Found", "Words", "leaks.supp"],
            swiftSettings: strict + [.define("SLUICE_FUZZ"), .unsafeFlags(["-parse-as-library"])]),
    ]
    : [
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed,
            exclude: ["Fuzzer", "Targets/verdicts.py", "Seeds", "Found", "Words", "leaks.supp"],
            swiftSettings: strict)
    ]
