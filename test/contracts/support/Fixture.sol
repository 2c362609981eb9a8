// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {vm} from "../Vm.sol";
import {deployRegistry} from "./Registry.sol";
import {Replay} from "./Replay.sol";
import {Tree} from "./Tree.sol";

/**
 * @title A registry with two institutions, a key for each, and a scene
 * @notice Every call that is taken is replayed from its events and compared with storage; every refusal is compared
 * whole, and leaves the log as it was.
 */
abstract contract Fixture is Replay {
    using Tree for Tree.Leaves;

    uint64 internal constant NOW = 1_800_000_000;
    uint64 internal constant MAX_TIME = 253_402_300_799;
    uint256 internal constant ALL_SCENES = type(uint256).max - 1;
    uint48 internal constant DELAY = 1 days;
    address internal constant GOVERNOR = address(0x60);
    address internal constant ADMIN = address(0xA1);
    address internal constant ADMIN_2 = address(0xA2);
    address internal constant KEY = address(0xB1);
    address internal constant KEY_2 = address(0xB2);

    function setUp() public virtual {
        vm.warp(NOW);
        vm.recordLogs();
        vm.prank(GOVERNOR);
        _registry = deployRegistry(DELAY, GOVERNOR, address(0));
        require(_replay(vm.getRecordedLogs()) == 4, "the governor has every role");
        _done(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN, _profile(3))));
        I.Profile memory second = I.Profile(3, ALL_SCENES, "HK", "12345678", _names());
        _done(GOVERNOR, abi.encodeCall(I.registerInstitution, (ADMIN_2, second)));
        _done(GOVERNOR, abi.encodeCall(I.defineScene, ("credit-report", _names(), false, false)));
        _addKey(ADMIN, 1, KEY, 0, 0);
        _addKey(ADMIN_2, 2, KEY_2, 0, 0);
    }

    /// @dev Proposed, and accepted.
    function _addKey(address admin, uint32 institution, address key, uint64 from, uint64 until) internal {
        _done(admin, abi.encodeCall(I.addKey, (institution, key, from, until)));
        _done(key, abi.encodeCall(I.acceptKey, (institution)));
    }

    // ---- calls

    /// @return changes events of the registry's own
    function _done(address by, bytes memory data) internal returns (uint256 changes) {
        vm.recordLogs();
        vm.prank(by);
        (bool taken, bytes memory result) = address(_registry).call(data);
        if (!taken) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        return _replay(vm.getRecordedLogs());
    }

    function _refused(address by, bytes memory data, bytes memory refusal) internal {
        (uint64 size, bytes32 root) = _registry.head();
        vm.prank(by);
        (bool taken, bytes memory result) = address(_registry).call(data);
        require(!taken, "taken, and should have been refused");
        require(keccak256(result) == keccak256(refusal), "refused with another error");
        (uint64 sizeAfter, bytes32 rootAfter) = _registry.head();
        require(size == sizeAfter && root == rootAfter, "a refusal changed the log");
    }

    /// @dev Taken exactly where `refusal` is empty.
    function _takenUnless(bytes memory refusal, address by, bytes memory data) internal {
        if (refusal.length == 0) require(_done(by, data) == 1, "C4: one event a change");
        else _refused(by, data, refusal);
    }

    // ---- what they are called with

    function _names() internal pure returns (I.Names memory) {
        return I.Names(unicode"深圳示例征信", unicode"深圳示例徵信", "Shenzhen Sample Credit");
    }

    function _profile(uint8 roles) internal pure returns (I.Profile memory) {
        return I.Profile(roles, ALL_SCENES, "CN", "91440300TEST", _names());
    }

    function _documents(bytes32[] memory payloads) internal pure returns (I.Group[] memory groups) {
        groups = new I.Group[](1);
        groups[0] = I.Group(1, 1, 1, 0, 0, payloads);
    }

    /// @return index of the only document of the call
    function _anchorOne(address by, bytes32 payload) internal returns (uint64 index) {
        index = uint64(_entries.length);
        bytes32[] memory payloads = new bytes32[](1);
        payloads[0] = payload;
        _done(by, abi.encodeCall(I.anchor, (_documents(payloads))));
    }

    function _inclusion(uint64 index, uint64 size) internal view returns (I.Inclusion memory) {
        return I.Inclusion(_entries[index], index, size, _tree.path(index, size));
    }

    /// @dev Under the present root.
    function _inclusion(uint64 index) internal view returns (I.Inclusion memory) {
        return _inclusion(index, uint64(_entries.length));
    }

    function _status(
        I.Inclusion memory document,
        uint8 action,
        I.Inclusion memory successor
    ) internal pure returns (bytes memory) {
        return abi.encodeCall(I.setStatus, (document, action, 1, successor));
    }

    function _withoutSuccessor(uint64 index, uint8 action) internal view returns (bytes memory) {
        I.Inclusion memory none;
        return _status(_inclusion(index), action, none);
    }

    /// @return a number from `low` to `high`
    function _between(uint256 seed, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + (seed % (high - low + 1));
    }
}
