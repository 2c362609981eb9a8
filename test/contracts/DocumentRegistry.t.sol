// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {DocumentRegistry} from "../../contracts/DocumentRegistry.sol";
import {IDocumentRegistry} from "../../contracts/IDocumentRegistry.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice What the registry takes, what it refuses, and that a refusal changes nothing.
contract DocumentRegistryTest {
    uint64 private constant NOW = 1_800_000_000;
    address private constant ADMIN = address(0xA1);
    address private constant ADMIN_2 = address(0xA2);
    address private constant KEY = address(0xB1);
    address private constant KEY_2 = address(0xB2);
    address private constant STRANGER = address(0xC1);

    DocumentRegistry private _registry;

    function setUp() external {
        vm.warp(NOW);
        _registry = new DocumentRegistry(address(this));
        _registry.registerInstitution(ADMIN, _names());
        _registry.registerInstitution(ADMIN_2, _names());
        _registry.defineScene("enterprise-credit-report", _names(), false);
        vm.prank(ADMIN);
        _registry.authorizeKey(1, KEY, 0, 0);
        vm.prank(ADMIN_2);
        _registry.authorizeKey(2, KEY_2, NOW - 10, NOW + 1000);
    }

    // ---- anchor

    /// @notice The entry follows whole from the event, and its leaf is provable under the contract's own root.
    function testFuzz_AnchoredEntryIsRebuiltFromItsEvent(
        bytes32 payload,
        uint64 validUntil,
        bool sm3,
        bool blind
    ) external {
        vm.assume(payload != 0);
        if (validUntil != 0) validUntil = NOW + 1 + (validUntil % 1_000_000);
        IDocumentRegistry.Group[] memory groups = _group(payload);
        groups[0].validUntil = validUntil;
        groups[0].algorithm = sm3 ? 2 : 1;
        groups[0].flags = blind ? 1 : 0;
        (uint64 before, ) = _registry.head();
        vm.recordLogs();
        vm.prank(KEY);
        require(_registry.anchor(groups) == before, "index");

        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 1 && logs[0].topics[0] == IDocumentRegistry.Anchored.selector, "one event");
        require(uint256(logs[0].topics[1]) == before && uint256(logs[0].topics[2]) == 1, "topics");
        (
            uint8 kind,
            uint8 algorithm,
            uint8 flags,
            uint64 recordedAt,
            uint64 until,
            address recordedBy,
            bytes32[] memory payloads
        ) = abi.decode(logs[0].data, (uint8, uint8, uint8, uint64, uint64, address, bytes32[]));
        bytes memory entry = abi.encodePacked(
            uint8(1),
            kind,
            algorithm,
            flags,
            uint32(1),
            uint32(uint256(logs[0].topics[3])),
            recordedAt,
            until,
            payloads[0],
            recordedBy
        );
        require(entry.length == 80 && recordedAt == NOW && recordedBy == KEY, "entry");
        (uint64 size, ) = _registry.head();
        // the proof of the last leaf of a tree of six is the root of the first four, and the one beside it
        bytes32[] memory proof = _proofOfSixth();
        vm.prank(KEY);
        _registry.setStatus(entry, before, size, proof, 1, 6);
    }

    /// @notice Time in the log does not run backwards, whatever block times do.
    function testFuzz_RecordedAtNeverDecreases(uint40 first, uint40 second) external {
        vm.warp(first);
        uint64 a = _recordedAt();
        vm.warp(second);
        require(_recordedAt() >= a, "decreased");
    }

    /// @notice A block time in milliseconds is taken as such.
    function test_MillisecondsAreDividedByThousand() external {
        vm.warp(uint256(NOW) * 1000 + 60_999);
        require(_recordedAt() == NOW + 60, "seconds");
    }

    function test_RefusesWhatIsNotInForce() external {
        _refused(
            STRANGER,
            _group("a"),
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownKey.selector, STRANGER)
        );
        vm.warp(NOW + 1000);
        _refused(
            KEY_2,
            _group("a"),
            abi.encodeWithSelector(
                IDocumentRegistry.RegistryKeyNotInForce.selector,
                KEY_2,
                NOW - 10,
                NOW + 1000,
                NOW + 1000
            )
        );
    }

    function test_RefusesMalformedGroups() external {
        IDocumentRegistry.Group[] memory groups = new IDocumentRegistry.Group[](0);
        _refused(KEY, groups, abi.encodeWithSelector(IDocumentRegistry.RegistryEmptyBatch.selector, 0));

        groups = _group("a");
        groups[0].payloads = new bytes32[](0);
        _refused(KEY, groups, abi.encodeWithSelector(IDocumentRegistry.RegistryEmptyBatch.selector, 0));

        groups = _group("a");
        groups[0].payloads = new bytes32[](3);
        groups[0].payloads[0] = "a";
        _refused(KEY, groups, abi.encodeWithSelector(IDocumentRegistry.RegistryZeroPayload.selector, 0, 1));

        groups = _group("a");
        groups[0].payloads = new bytes32[](2001);
        _refused(
            KEY,
            groups,
            abi.encodeWithSelector(IDocumentRegistry.RegistryTooManyPayloads.selector, 2001, 2000)
        );
    }

    function testFuzz_RefusesUnknownScene(uint32 scene) external {
        vm.assume(scene != 1);
        IDocumentRegistry.Group[] memory groups = _group("a");
        groups[0].scene = scene;
        _refused(KEY, groups, abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownScene.selector, scene));
    }

    function testFuzz_RefusesUnknownKindAlgorithmAndFlags(uint8 kind, uint8 algorithm, uint8 flags) external {
        IDocumentRegistry.Group[] memory groups = _group("a");
        if (kind != 1) {
            groups[0].kind = kind;
            _refused(
                KEY,
                groups,
                abi.encodeWithSelector(IDocumentRegistry.RegistryUnsupportedKind.selector, kind)
            );
        }
        groups = _group("a");
        if (algorithm != 1 && algorithm != 2) {
            groups[0].algorithm = algorithm;
            _refused(
                KEY,
                groups,
                abi.encodeWithSelector(IDocumentRegistry.RegistryUnsupportedAlgorithm.selector, algorithm)
            );
        }
        groups = _group("a");
        if (flags > 1) {
            groups[0].flags = flags;
            _refused(
                KEY,
                groups,
                abi.encodeWithSelector(IDocumentRegistry.RegistryUnsupportedFlags.selector, flags)
            );
        }
    }

    function testFuzz_RefusesValidityOutOfRange(uint64 past, uint64 future) external {
        past = 1 + (past % NOW);
        IDocumentRegistry.Group[] memory groups = _group("a");
        groups[0].validUntil = past;
        _refused(
            KEY,
            groups,
            abi.encodeWithSelector(IDocumentRegistry.RegistryValidUntilPassed.selector, past, NOW)
        );
        uint64 max = _registry.MAX_VALID_UNTIL();
        vm.assume(future > max);
        groups[0].validUntil = future;
        _refused(
            KEY,
            groups,
            abi.encodeWithSelector(IDocumentRegistry.RegistryValidUntilTooLate.selector, future, max)
        );
    }

    // ---- setStatus

    function test_RevocationIsFinalAndRecorded() external {
        bytes memory entry = _anchorSixth();
        bytes32[] memory proof = _proofOfSixth();
        vm.recordLogs();
        vm.prank(KEY);
        uint64 statusIndex = _registry.setStatus(entry, 5, 6, proof, 1, 2);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 1 && logs[0].topics[0] == IDocumentRegistry.StatusSet.selector, "one event");
        require(statusIndex == 6 && _registry.statusOf(5) == 1, "status");

        bytes memory reverts = abi.encodeWithSelector(IDocumentRegistry.RegistryEntryFinal.selector, 5, 1);
        _statusRefused(KEY, entry, 5, 6, 1, 1, reverts);
    }

    function test_OnlyItsInstitutionRevokes() external {
        bytes memory entry = _anchorSixth();
        bytes memory reverts = abi.encodeWithSelector(
            IDocumentRegistry.RegistryNotYourEntry.selector,
            5,
            1,
            2
        );
        _statusRefused(KEY_2, entry, 5, 6, 1, 1, reverts);
        reverts = abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownKey.selector, STRANGER);
        _statusRefused(STRANGER, entry, 5, 6, 1, 1, reverts);
    }

    function testFuzz_RefusesForgedEntries(uint16 bit) external {
        bytes memory entry = _anchorSixth();
        bit = bit % 640;
        entry[bit / 8] ^= bytes1(uint8(1) << uint8(bit % 8));
        bytes memory reverts =
            entry[0] == 0x01
                ? abi.encodeWithSelector(IDocumentRegistry.RegistryProofInvalid.selector, 5, 6)
                : abi.encodeWithSelector(IDocumentRegistry.RegistryEntryMalformed.selector, 80);
        _statusRefused(KEY, entry, 5, 6, 1, 1, reverts);
    }

    function test_RefusesWrongLengthSizeIndexActionAndReason() external {
        bytes memory entry = _anchorSixth();
        _statusRefused(
            KEY,
            new bytes(64),
            5,
            6,
            1,
            1,
            abi.encodeWithSelector(IDocumentRegistry.RegistryEntryMalformed.selector, 64)
        );
        _statusRefused(
            KEY,
            entry,
            5,
            7,
            1,
            1,
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownSize.selector, 7)
        );
        _statusRefused(
            KEY,
            entry,
            4,
            6,
            1,
            1,
            abi.encodeWithSelector(IDocumentRegistry.RegistryProofInvalid.selector, 4, 6)
        );
        _statusRefused(
            KEY,
            entry,
            6,
            6,
            1,
            1,
            abi.encodeWithSelector(IDocumentRegistry.RegistryProofInvalid.selector, 6, 6)
        );
        for (uint8 action = 0; action < 5; ++action) {
            if (action == 1) continue;
            bytes memory reverts = abi.encodeWithSelector(
                IDocumentRegistry.RegistryUnsupportedAction.selector,
                action
            );
            _statusRefused(KEY, entry, 5, 6, action, 1, reverts);
        }
        _statusRefused(
            KEY,
            entry,
            5,
            6,
            1,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnsupportedReason.selector, 0)
        );
        _statusRefused(
            KEY,
            entry,
            5,
            6,
            1,
            7,
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnsupportedReason.selector, 7)
        );
    }

    /// @notice A status entry has no status of its own.
    function test_RefusesStatusOfAnEntryThatIsNoDocument() external {
        bytes memory entry = _anchorSixth();
        bytes32[] memory proofOfSixth = _proofOfSixth();
        vm.prank(KEY);
        _registry.setStatus(entry, 5, 6, proofOfSixth, 1, 6);
        bytes memory status = abi.encodePacked(
            uint8(1),
            uint8(2),
            uint8(0),
            uint8(0),
            uint32(1),
            uint32(0),
            NOW,
            uint64(0),
            bytes32(abi.encodePacked(uint64(5), uint8(1), uint8(6), uint64(0), bytes14(0))),
            KEY
        );
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = _nodeOfFifthAndSixth();
        proof[1] = _rootOfFour();
        vm.prank(KEY);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.RegistryNotADocument.selector, 6, 2));
        _registry.setStatus(status, 6, 7, proof, 1, 1);
    }

    // ---- the directory

    function test_DirectoryEntryHashesItsEvent() external {
        vm.recordLogs();
        vm.prank(ADMIN);
        _registry.authorizeKey(1, STRANGER, NOW, NOW + 5);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 1 && uint256(logs[0].topics[1]) == 5, "one event");
        bytes32 payload = sha256(
            abi.encodePacked(
                IDocumentRegistry.KeyAuthorized.selector,
                abi.encode(uint32(1), STRANGER, NOW, NOW + 5, ADMIN)
            )
        );
        (, bytes32 root) = _registry.head();
        bytes32 leaf = sha256(
            abi.encodePacked(
                uint8(0),
                uint8(1),
                uint8(5),
                uint8(0),
                uint8(0),
                uint32(1),
                uint32(0),
                NOW,
                uint64(0),
                payload,
                ADMIN
            )
        );
        bytes32 right = sha256(abi.encodePacked(uint8(1), _fifth(), leaf));
        require(root == sha256(abi.encodePacked(uint8(1), _rootOfFour(), right)), "root");
    }

    function test_OnlyTheAdminAuthorizesKeys() external {
        _keyRefused(
            STRANGER,
            1,
            STRANGER,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryNotAdmin.selector, 1, STRANGER)
        );
        _keyRefused(
            ADMIN,
            2,
            STRANGER,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryNotAdmin.selector, 2, ADMIN)
        );
        _keyRefused(
            ADMIN,
            3,
            STRANGER,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownInstitution.selector, 3)
        );
        _keyRefused(
            ADMIN,
            0,
            STRANGER,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryUnknownInstitution.selector, 0)
        );
        _keyRefused(
            ADMIN,
            1,
            KEY_2,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryKeyTaken.selector, KEY_2, 2)
        );
        _keyRefused(
            ADMIN,
            1,
            KEY,
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryKeyTaken.selector, KEY, 1)
        );
        _keyRefused(
            ADMIN,
            1,
            address(0),
            0,
            0,
            abi.encodeWithSelector(IDocumentRegistry.RegistryZeroAddress.selector)
        );
        _keyRefused(
            ADMIN,
            1,
            STRANGER,
            9,
            9,
            abi.encodeWithSelector(IDocumentRegistry.RegistryKeyWindow.selector, 9, 9, NOW)
        );
        _keyRefused(
            ADMIN,
            1,
            STRANGER,
            0,
            NOW,
            abi.encodeWithSelector(IDocumentRegistry.RegistryKeyWindow.selector, 0, NOW, NOW)
        );
    }

    function test_OnlyRolesRegisterAndDefine() external {
        bytes32 accreditor = _registry.ACCREDITOR_ROLE();
        bytes32 sceneRole = _registry.SCENE_ROLE();
        vm.prank(STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector,
                STRANGER,
                accreditor
            )
        );
        _registry.registerInstitution(STRANGER, _names());
        vm.prank(STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector,
                STRANGER,
                sceneRole
            )
        );
        _registry.defineScene("mine", _names(), false);
    }

    function test_RefusesMalformedNamesAndSlugs() external {
        IDocumentRegistry.Names memory names = _names();
        names.en = "";
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.RegistryNameLength.selector, 0, 256));
        _registry.registerInstitution(ADMIN, names);
        names.en = string(new bytes(257));
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.RegistryNameLength.selector, 257, 256));
        _registry.registerInstitution(ADMIN, names);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.RegistryZeroAddress.selector));
        _registry.registerInstitution(address(0), _names());

        string[4] memory slugs = [
            "",
            "Upper",
            "under_score",
            "a2345678901234567890123456789012345678901234567890123456789012345"
        ];
        for (uint256 i = 0; i < slugs.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IDocumentRegistry.RegistrySlugMalformed.selector, slugs[i])
            );
            _registry.defineScene(slugs[i], _names(), false);
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                IDocumentRegistry.RegistrySlugTaken.selector,
                "enterprise-credit-report",
                1
            )
        );
        _registry.defineScene("enterprise-credit-report", _names(), false);
    }

    function test_ReadsBackTheDirectory() external view {
        (uint32 institutions, uint32 scenes) = _registry.counts();
        require(institutions == 2 && scenes == 1, "counts");
        require(_registry.institutionOf(2).admin == ADMIN_2, "institution");
        require(_registry.keyOf(KEY_2).institution == 2 && _registry.keyOf(KEY_2).until == NOW + 1000, "key");
        require(_registry.keyOf(STRANGER).institution == 0, "unknown key");
        require(
            keccak256(bytes(_registry.sceneOf(1).slug)) == keccak256("enterprise-credit-report"),
            "scene"
        );
        (uint64 size, bytes32 root) = _registry.head();
        require(size == 5 && root == _registry.rootAt(5) && root != 0 && _registry.rootAt(6) == 0, "head");
    }

    function test_AnEmptyLogHasTheRootOfTheEmptyTree() external {
        (uint64 size, bytes32 root) = new DocumentRegistry(address(this)).head();
        require(size == 0 && root == sha256(""), "empty");
    }

    function test_NeedsAGovernorAndTakesNoEther() external {
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.RegistryZeroAddress.selector));
        new DocumentRegistry(address(0));
        (bool sent, ) = address(_registry).call{value: 1}("");
        require(!sent, "ether");
        (bool called, ) = address(_registry).call(hex"12345678");
        require(!called, "selector");
    }

    // ---- helpers

    function _names() private pure returns (IDocumentRegistry.Names memory) {
        return
            IDocumentRegistry.Names(unicode"深圳示例征信", unicode"深圳示例徵信", "Shenzhen Sample Credit");
    }

    function _group(bytes32 payload) private pure returns (IDocumentRegistry.Group[] memory groups) {
        groups = new IDocumentRegistry.Group[](1);
        bytes32[] memory payloads = new bytes32[](1);
        payloads[0] = payload;
        groups[0] = IDocumentRegistry.Group(1, 1, 1, 0, 0, payloads);
    }

    /// @dev After setUp the log has five entries, so the first document is the sixth, at index 5.
    function _anchorSixth() private returns (bytes memory) {
        vm.prank(KEY);
        _registry.anchor(_group("a"));
        return
            abi.encodePacked(
                uint8(1),
                uint8(1),
                uint8(1),
                uint8(0),
                uint32(1),
                uint32(1),
                NOW,
                uint64(0),
                bytes32("a"),
                KEY
            );
    }

    /// @dev The tree of six: ((0 1)(2 3)) (4 5).
    function _proofOfSixth() private view returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        proof[0] = _fifth();
        proof[1] = _rootOfFour();
    }

    function _nodeOfFifthAndSixth() private pure returns (bytes32) {
        bytes memory entry = abi.encodePacked(
            uint8(1),
            uint8(1),
            uint8(1),
            uint8(0),
            uint32(1),
            uint32(1),
            NOW,
            uint64(0),
            bytes32("a"),
            KEY
        );
        return sha256(abi.encodePacked(uint8(1), _fifth(), sha256(abi.encodePacked(uint8(0), entry))));
    }

    function _rootOfFour() private view returns (bytes32) {
        return _registry.rootAt(4);
    }

    function _fifth() private pure returns (bytes32) {
        bytes32 payload = sha256(
            abi.encodePacked(
                IDocumentRegistry.KeyAuthorized.selector,
                abi.encode(uint32(2), KEY_2, NOW - 10, NOW + 1000, ADMIN_2)
            )
        );
        return
            sha256(
                abi.encodePacked(
                    uint8(0),
                    uint8(1),
                    uint8(5),
                    uint8(0),
                    uint8(0),
                    uint32(2),
                    uint32(0),
                    NOW,
                    uint64(0),
                    payload,
                    ADMIN_2
                )
            );
    }

    function _recordedAt() private returns (uint64 recordedAt) {
        vm.recordLogs();
        vm.prank(KEY);
        _registry.anchor(_group("a"));
        (, , , recordedAt, , , ) = abi.decode(
            vm.getRecordedLogs()[0].data,
            (uint8, uint8, uint8, uint64, uint64, address, bytes32[])
        );
    }

    function _refused(address sender, IDocumentRegistry.Group[] memory groups, bytes memory reverts) private {
        (uint64 size, bytes32 root) = _registry.head();
        vm.prank(sender);
        vm.expectRevert(reverts);
        _registry.anchor(groups);
        _unchanged(size, root);
    }

    function _statusRefused(
        address sender,
        bytes memory entry,
        uint64 index,
        uint64 size,
        uint8 action,
        uint8 reason,
        bytes memory reverts
    ) private {
        bytes32[] memory proof = _proofOfSixth();
        (uint64 sizeBefore, bytes32 root) = _registry.head();
        vm.prank(sender);
        vm.expectRevert(reverts);
        _registry.setStatus(entry, index, size, proof, action, reason);
        _unchanged(sizeBefore, root);
    }

    function _keyRefused(
        address sender,
        uint32 institution,
        address key,
        uint64 from,
        uint64 until,
        bytes memory reverts
    ) private {
        (uint64 size, bytes32 root) = _registry.head();
        vm.prank(sender);
        vm.expectRevert(reverts);
        _registry.authorizeKey(institution, key, from, until);
        _unchanged(size, root);
    }

    function _unchanged(uint64 size, bytes32 root) private view {
        (uint64 sizeAfter, bytes32 rootAfter) = _registry.head();
        require(size == sizeAfter && root == rootAfter, "a refusal changed the log");
    }
}
