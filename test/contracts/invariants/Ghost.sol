// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {Replay} from "../support/Replay.sol";
import {State, States} from "../support/State.sol";

/**
 * @title The ghost of what was asked of the registry
 * @notice The model's parts each say of a call how the registry must refuse it (the error's bytes; none where it must
 * be accepted) and what an accepted call must change here. It never reads the registry.
 */
abstract contract Ghost is Replay {
    using States for State;

    uint64 internal constant MAX_TIME = 253_402_300_799;
    bytes32 internal constant DEFAULT_ADMIN = 0;
    bytes32 internal constant ACCREDITOR = keccak256("ACCREDITOR_ROLE");
    bytes32 internal constant SCENE_KEEPER = keccak256("SCENE_ROLE");
    bytes32 internal constant PAUSER = keccak256("PAUSER_ROLE");

    State internal _expected;
    /// @dev Unix seconds or milliseconds, as a chain may give it.
    uint256 internal _blockTime;

    /// @dev recordedAt of what is recorded now.
    function _now() internal view returns (uint64) {
        uint256 time = _blockTime > 1e11 ? _blockTime / 1000 : _blockTime;
        uint64 last = _expected.lastRecordedAt;
        return time > last ? uint64(time) : last;
    }

    /// @dev Entries were recorded.
    function _expectEntries(uint256 count) internal {
        _expected.lastRecordedAt = _now();
        _expected.size += uint64(count);
    }

    function _has(bytes32 role, address account) internal view returns (bool) {
        return _expected.roles[role][account];
    }

    function _inForce(I.Key memory key, uint64 time) internal pure returns (bool) {
        return key.holder != 0 && time >= key.from && (key.until == 0 || time < key.until);
    }

    function _lengthRefused(uint256 length, uint256 max) internal pure returns (bytes memory) {
        if (length != 0 && length <= max) return "";
        return abi.encodeWithSelector(I.RegistryLength.selector, length, max);
    }

    // ---- both ghosts equal storage

    function _checkInstitution(uint32 id) internal view override {
        super._checkInstitution(id);
        _expected.checkInstitution(_registry, id);
    }

    function _checkKey(address key) internal view override {
        super._checkKey(key);
        _expected.checkKey(_registry, key);
    }

    function _checkProposal(uint32 id, address key) internal view override {
        super._checkProposal(id, key);
        _expected.checkProposal(_registry, id, key);
    }

    function _checkOperator(uint32 id) internal view override {
        super._checkOperator(id);
        _expected.checkOperator(_registry, id);
    }

    function _checkOperatorKey(bytes32 keyId) internal view override {
        super._checkOperatorKey(keyId);
        _expected.checkOperatorKey(_registry, keyId);
    }

    function _checkStatus(uint64 document) internal view override {
        super._checkStatus(document);
        _expected.checkStatus(_registry, document);
    }

    function _checkScene(string memory slug) internal view override {
        super._checkScene(slug);
        _expected.checkScene(_registry, slug);
    }

    function _checkWhole() internal view override {
        super._checkWhole();
        _expected.checkWhole(_registry);
    }
}
