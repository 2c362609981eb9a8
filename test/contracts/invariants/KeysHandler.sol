// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {DirectoryHandler} from "./DirectoryHandler.sol";

/// @title Random calls of the functions for keys of institutions, operators and operators' keys
abstract contract KeysHandler is DirectoryHandler {
    address[] internal _keys;
    /// @dev Proposals, the newest last: the institution, and the key.
    uint32[] private _proposedBy;
    address[] private _proposed;
    bytes[] private _publicKeys;
    bytes32[] private _keyIds;

    // ---- keys of institutions

    function addKey(uint256 seed) external step(seed) {
        uint32 id = _institution();
        address by = _mostly(_expected.institutions[id].admin);
        address key = _newKey();
        (uint64 from, uint64 until) = _window();
        bytes memory data = abi.encodeCall(I.addKey, (id, key, from, until));
        if (!_call(by, data, _addKeyRefused(by, id, key, from, until), "")) return;
        _expected.proposals[id][key] = I.Proposal(by, uint48(from), uint48(until));
        _expectEntries(1);
        _proposedBy.push(id);
        _proposed.push(key);
        _settle(1);
        _checkKey(key);
    }

    function acceptKey(uint256 seed) external step(seed) {
        (uint32 id, address by) = _proposal();
        I.Proposal memory proposal = _expected.proposals[id][by];
        if (!_call(by, abi.encodeCall(I.acceptKey, (id)), _acceptKeyRefused(by, id), "")) return;
        delete _expected.proposals[id][by];
        _openKey(_expected.keys[by], id, proposal.from, proposal.until);
        ++_expected.institutions[id].keysInUse;
        _expectEntries(1);
        _keys.push(by);
        _cast.push(by);
        _settle(1);
        _checkProposal(id, by);
    }

    function _openKey(I.Key storage key, uint32 holder, uint64 from, uint64 until) private {
        (key.holder, key.addedAt, key.from, key.until) = (holder, _now(), from, until);
    }

    /// @dev Mostly one that stands, for its own institution and key.
    function _proposal() private returns (uint32 id, address key) {
        if (_proposed.length == 0) return (_institution(), _someone());
        for (uint256 tries = 0; tries < 12; ++tries) {
            uint256 i = _recent(_proposed.length, 8);
            (id, key) = (_proposedBy[i], _proposed[i]);
            if (_expected.proposals[id][key].admin != address(0)) break;
        }
        if (_oneIn(16)) id = _institution();
        if (_oneIn(16)) key = _someone();
    }

    /// @notice Every proposal ever, beside both ghosts.
    function checkProposals() external view {
        for (uint256 i = 0; i < _proposed.length; ++i) _checkProposal(_proposedBy[i], _proposed[i]);
    }

    function retireKey(uint256 seed) external step(seed) {
        address key = _key();
        uint32 id = _expected.keys[key].holder;
        address by = _mostly(_expected.institutions[id].admin);
        uint64 until = _end();
        bytes memory data = abi.encodeCall(I.retireKey, (key, until));
        if (!_call(by, data, _retireKeyRefused(by, key, until), "")) return;
        _expected.keys[key].until = until == 0 ? _now() : until;
        if (!_expected.keys[key].retired) --_expected.institutions[id].keysInUse;
        _expected.keys[key].retired = true;
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
        _report(_expected.keys[key], by, since);
        _expectEntries(1);
        _settle(1);
        _checkInstitution(id);
    }

    /// @dev Governance's own report leaves what the admin reported.
    function _report(I.Key storage key, address by, uint64 since) private {
        key.compromisedSince = since;
        if (!_has(ACCREDITOR, by)) (key.reportedBy, key.reportedSince) = (by, since);
    }

    function correctKeyReport(uint256 seed) external step(seed) {
        address key = _reportedKey();
        uint32 id = _expected.keys[key].holder;
        address by = _holderOf(ACCREDITOR);
        uint64 since = _correction(_expected.keys[key]);
        bytes memory data = abi.encodeCall(I.correctKeyReport, (key, since));
        if (!_call(by, data, _correctKeyRefused(by, key, since), "")) return;
        _correct(_expected.keys[key], id, since);
        _expectEntries(1);
        _settle(1);
    }

    function _correct(I.Key storage key, uint32 id, uint64 since) private {
        key.compromisedSince = since;
        if (key.reportedBy != _expected.institutions[id].admin) key.reportedBy = address(0);
    }

    function _reportedKey() private returns (address key) {
        for (uint256 tries = 0; tries < 12; ++tries) {
            key = _key();
            if (_expected.keys[key].compromisedSince != 0) return key;
        }
    }

    /// @dev Taken back; or at the bounds of what may be, and on the seconds beside.
    function _correction(I.Key memory key) private returns (uint64) {
        if (_oneIn(3)) return 0;
        if (_oneIn(4)) return key.compromisedSince + uint64(_pick(2));
        if (_oneIn(4)) return key.reportedSince + uint64(_pick(2));
        if (_oneIn(8)) return _now() + uint64(_pick(2));
        return key.compromisedSince + 1 + uint64(_pick(1 hours));
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
        bytes memory possession = _oneIn(16) ? new bytes(_oneIn(2) ? 0 : 2_421) : _possession();
        I.OperatorKey memory added;
        added.purpose = uint8(_oneIn(8) ? _pick(256) : 1 + _pick(3));
        added.signatureType = uint8(_pick(_oneIn(2) ? 2 : 256));
        (added.key.from, added.key.until) = _window();
        bytes memory refusal = _addOperatorKeyRefused(by, operator, added, publicKey, possession);
        bytes32 keyId = _keyIdOf(operator, added, publicKey);
        if (!_call(by, _addOperatorKey(operator, added, publicKey, possession), refusal, abi.encode(keyId))) {
            return;
        }
        I.OperatorKey storage key = _expected.operatorKeys[keyId];
        (key.purpose, key.signatureType) = (added.purpose, added.signatureType);
        _openKey(key.key, operator, added.key.from, added.key.until);
        _expectEntries(1);
        _publicKeys.push(publicKey);
        _keyIds.push(keyId);
        _settle(1);
    }

    function _addOperatorKey(
        uint32 operator,
        I.OperatorKey memory key,
        bytes memory publicKey,
        bytes memory possession
    ) private pure returns (bytes memory) {
        (uint64 from, uint64 until) = (key.key.from, key.key.until);
        return
            abi.encodeCall(
                I.addOperatorKey,
                (operator, key.purpose, key.signatureType, publicKey, from, until, possession)
            );
    }

    /// @dev The contract does not check what it says.
    function _possession() private returns (bytes memory) {
        if (_oneIn(16)) return new bytes(2_420);
        return abi.encode(_pick(type(uint256).max), _pick(type(uint256).max));
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
        _expected.operatorKeys[keyId].key.retired = true;
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
        _report(_expected.operatorKeys[keyId].key, by, since);
        _expectEntries(1);
        _settle(1);
    }

    function correctOperatorKeyReport(uint256 seed) external step(seed) {
        bytes32 keyId = _reportedKeyId();
        I.Key memory key = _expected.operatorKeys[keyId].key;
        uint32 id = _expected.operators[key.holder];
        address by = _holderOf(ACCREDITOR);
        uint64 since = _correction(key);
        bytes memory data = abi.encodeCall(I.correctOperatorKeyReport, (keyId, since));
        bytes memory refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0) refusal = _operatorKeyRefused(by, keyId, true);
        if (refusal.length == 0) refusal = _correctionRefused(key, id, since);
        if (!_call(by, data, refusal, "")) return;
        _correct(_expected.operatorKeys[keyId].key, id, since);
        _expectEntries(1);
        _settle(1);
    }

    function _reportedKeyId() private returns (bytes32 keyId) {
        for (uint256 tries = 0; tries < 12; ++tries) {
            keyId = _keyId();
            if (_expected.operatorKeys[keyId].key.compromisedSince != 0) return keyId;
        }
    }

    /// @notice Every key of every operator, beside both ghosts.
    function checkOperatorKeys() external view {
        for (uint256 i = 0; i < _keyIds.length; ++i) _checkOperatorKey(_keyIds[i]);
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
        if (_keyIds.length == 0 || _oneIn(16)) return sha256("no key");
        return _keyIds[_recent(_keyIds.length, 16)];
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
