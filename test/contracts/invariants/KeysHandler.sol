// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {DirectoryHandler} from "./DirectoryHandler.sol";

/// @title Random calls of the functions for keys of institutions, operators and operators' keys
abstract contract KeysHandler is DirectoryHandler {
    address[] internal _keys;
    bytes[] private _publicKeys;

    // ---- keys of institutions

    function addKey(uint256 seed) external step(seed) {
        uint32 id = _institution();
        address by = _mostly(_expected.institutions[id].admin);
        address key = _newKey();
        (uint64 from, uint64 until) = _window();
        bytes memory data = abi.encodeCall(I.addKey, (id, key, from, until));
        if (!_call(by, data, _addKeyRefused(by, id, key, from, until), "")) return;
        _expected.keys[key] = I.Key(id, _now(), from, until, 0);
        ++_expected.institutions[id].keysInUse;
        _expectEntries(1);
        _keys.push(key);
        _cast.push(key);
        _settle(1);
    }

    function retireKey(uint256 seed) external step(seed) {
        address key = _key();
        uint32 id = _expected.keys[key].holder;
        address by = _mostly(_expected.institutions[id].admin);
        uint64 until = _end();
        bytes memory data = abi.encodeCall(I.retireKey, (key, until));
        if (!_call(by, data, _retireKeyRefused(by, key, until), "")) return;
        _expected.keys[key].until = until == 0 ? _now() : until;
        if (!_expected.retired[key]) --_expected.institutions[id].keysInUse;
        _expected.retired[key] = true;
        _expectEntries(1);
        _settle(1);
    }

    /// @dev C11: one field of one key is another afterwards, and nothing else.
    function reportKey(uint256 seed) external step(seed) {
        address key = _key();
        uint32 id = _expected.keys[key].holder;
        address by = _oneIn(4) ? _holderOf(ACCREDITOR) : _mostly(_expected.institutions[id].admin);
        uint64 since = _since(_expected.keys[key]);
        bytes memory data = abi.encodeCall(I.reportKey, (key, since));
        if (!_call(by, data, _reportKeyRefused(by, key, since), "")) return;
        _expected.keys[key].compromisedSince = since;
        _expectEntries(1);
        _settle(1);
        _checkInstitution(id);
    }

    // ---- operators

    function registerOperator(uint256 seed) external step(seed) {
        address by = _holderOf(ACCREDITOR);
        uint32 institution = _oneIn(2) ? 0 : _institution();
        string memory name = _text(256);
        uint32 id = _expected.operatorCount + 1;
        bytes memory data = abi.encodeCall(I.registerOperator, (institution, name));
        if (!_call(by, data, _operatorRefused(by, institution, name), abi.encode(id))) return;
        _expected.operatorCount = id;
        _expected.operators[id] = institution;
        _expectEntries(1);
        _settle(1);
    }

    function addOperatorKey(uint256 seed) external step(seed) {
        uint32 operator = _id(_expected.operatorCount);
        address by = _keeperOf(operator);
        bytes memory publicKey = _newPublicKey();
        uint8 purpose = uint8(_oneIn(8) ? _pick(256) : 1 + _pick(3));
        uint8 signatureType = uint8(_pick(256));
        (uint64 from, uint64 until) = _window();
        bytes memory data = abi.encodeCall(
            I.addOperatorKey,
            (operator, purpose, signatureType, publicKey, from, until)
        );
        bytes memory refusal = _addOperatorKeyRefused(by, operator, purpose, publicKey, from, until);
        if (!_call(by, data, refusal, abi.encode(sha256(publicKey)))) return;
        I.Key memory key = I.Key(operator, _now(), from, until, 0);
        _expected.operatorKeys[sha256(publicKey)] = I.OperatorKey(key, purpose, signatureType);
        _expectEntries(1);
        _publicKeys.push(publicKey);
        _settle(1);
    }

    function retireOperatorKey(uint256 seed) external step(seed) {
        bytes32 keyId = _keyId();
        I.Key memory key = _expected.operatorKeys[keyId].key;
        (address by, uint64 until) = (_keeperOf(key.holder), _end());
        bytes memory data = abi.encodeCall(I.retireOperatorKey, (keyId, until));
        bytes memory refusal = _operatorKeyRefused(by, keyId, false);
        if (refusal.length == 0) refusal = _retirementRefused(key, until);
        if (!_call(by, data, refusal, "")) return;
        _expected.operatorKeys[keyId].key.until = until == 0 ? _now() : until;
        _expectEntries(1);
        _settle(1);
    }

    function reportOperatorKey(uint256 seed) external step(seed) {
        bytes32 keyId = _keyId();
        I.Key memory key = _expected.operatorKeys[keyId].key;
        address by = _oneIn(4) ? _holderOf(ACCREDITOR) : _keeperOf(key.holder);
        uint64 since = _since(key);
        bytes memory data = abi.encodeCall(I.reportOperatorKey, (keyId, since));
        bytes memory refusal = _operatorKeyRefused(by, keyId, true);
        if (refusal.length == 0) refusal = _reportRefused(key, since);
        if (!_call(by, data, refusal, "")) return;
        _expected.operatorKeys[keyId].key.compromisedSince = since;
        _expectEntries(1);
        _settle(1);
    }

    /// @notice Every key of every operator, beside both ghosts.
    function checkOperatorKeys() external view {
        for (uint256 i = 0; i < _publicKeys.length; ++i) _checkOperatorKey(sha256(_publicKeys[i]));
    }

    // ---- what they are called with

    /// @dev Mostly one that no one added yet.
    function _newKey() private returns (address) {
        if (_oneIn(16)) return address(0);
        if (_oneIn(8)) return _someone();
        return address(uint160(_pick(type(uint160).max)));
    }

    function _key() internal returns (address) {
        if (_keys.length == 0 || _oneIn(16)) return _cast[0];
        return _keys[_recent(_keys.length, 24)];
    }

    function _newPublicKey() private returns (bytes memory) {
        if (_oneIn(16)) return new bytes(_oneIn(2) ? 0 : 1_313);
        if (_oneIn(16)) return abi.encodePacked(_pick(type(uint256).max), new bytes(1_280));
        if (_publicKeys.length != 0 && _oneIn(8)) return _publicKeys[_pick(_publicKeys.length)];
        return abi.encode(_pick(type(uint256).max));
    }

    function _keyId() private returns (bytes32) {
        if (_publicKeys.length == 0 || _oneIn(16)) return sha256("no key");
        return sha256(_publicKeys[_recent(_publicKeys.length, 16)]);
    }

    function _keeperOf(uint32 operator) private returns (address) {
        uint32 institution = _expected.operators[operator];
        if (institution == 0) return _holderOf(ACCREDITOR);
        return _mostly(_expected.institutions[institution].admin);
    }

    /// @dev Open, past, present and future windows, on the second at both ends, and ones that are none.
    function _window() private returns (uint64 from, uint64 until) {
        uint64 time = _now();
        if (_oneIn(2)) from = time + uint64(_pick(4 days)) - 2 days;
        if (_oneIn(32)) from = MAX_TIME + uint64(_pick(2));
        if (_oneIn(2)) until = time + uint64(_pick(90 days));
        if (_oneIn(16)) until = _oneIn(2) ? from : time + uint64(_pick(3)) - 1;
        if (_oneIn(32)) until = MAX_TIME + uint64(_pick(2));
    }

    /// @dev An end for a window: now, later, past, on the second, too late.
    function _end() private returns (uint64) {
        if (_oneIn(2)) return 0;
        if (_oneIn(4)) return _now() + uint64(_pick(3)) - 1;
        if (_oneIn(16)) return MAX_TIME + uint64(_pick(2));
        return _now() + uint64(_pick(30 days));
    }

    /// @dev From when the key was added until now or what was reported before, and on the seconds beside.
    function _since(I.Key memory key) private returns (uint64) {
        uint64 latest = key.compromisedSince == 0 ? _now() : key.compromisedSince - 1;
        if (_oneIn(4)) return latest + uint64(_pick(2));
        if (_oneIn(4) && key.addedAt != 0) return key.addedAt - uint64(_pick(2));
        if (latest < key.addedAt) return latest;
        return key.addedAt + uint64(_pick(latest - key.addedAt + 1));
    }
}
