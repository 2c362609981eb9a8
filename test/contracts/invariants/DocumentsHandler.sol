// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {Tree} from "../support/Tree.sol";
import {KeysHandler} from "./KeysHandler.sol";

/// @title Random calls of anchor, setStatus and verifyInclusion
abstract contract DocumentsHandler is KeysHandler {
    using Tree for Tree.Leaves;

    /// @notice Answers of {verifyInclusion}: how many were true, and how many false.
    Tally public looks;
    uint64[] private _documents;
    uint64[] private _consents;
    uint64[] private _suspended;

    // ---- anchor

    function anchorDocuments(uint256 seed) external step(seed) {
        I.Group[] memory groups = new I.Group[](1 + _pick(3));
        for (uint256 i = 0; i < groups.length; ++i) groups[i] = _documentGroup();
        _anchor(_writer(), groups);
    }

    /// @notice Consents and verifications, and documents among them.
    function anchorRecords(uint256 seed) external step(seed) {
        I.Group[] memory groups = new I.Group[](1 + _pick(2));
        for (uint256 i = 0; i < groups.length; ++i) {
            bool document = _oneIn(4);
            groups[i] = document ? _documentGroup() : _recordGroup(uint8(3 + _pick(2)));
        }
        _anchor(_writer(), groups);
    }

    /// @notice Groups of which one has something wrong with it.
    function anchorWrong(uint256 seed) external step(seed) {
        I.Group[] memory groups = new I.Group[](_oneIn(16) ? 0 : 1 + _pick(3));
        for (uint256 i = 0; i < groups.length; ++i) groups[i] = _documentGroup();
        if (groups.length != 0) _spoil(groups[_pick(groups.length)]);
        _anchor(_writer(), groups);
    }

    function _anchor(address by, I.Group[] memory groups) private {
        uint64 index = _expected.size;
        bytes memory data = abi.encodeCall(I.anchor, (groups));
        if (!_call(by, data, _anchorRefused(by, groups), abi.encode(index))) return;
        uint256 count = 0;
        for (uint256 i = 0; i < groups.length; ++i) {
            for (uint256 j = 0; j < groups[i].payloads.length; ++j) {
                if (groups[i].kind == 1) _documents.push(index + uint64(count));
                if (groups[i].kind == 3) _consents.push(index + uint64(count));
                ++count;
            }
        }
        _expectEntries(count);
        _settle(groups.length);
        _checkEntries(by, index, groups);
    }

    /// @dev The entries that the events stand for are those that were asked for.
    function _checkEntries(address by, uint64 index, I.Group[] memory groups) private view {
        uint32 id = _expected.keys[by].holder;
        uint8 own = _expected.institutions[id].adminByGovernance ? 2 : 0;
        for (uint256 i = 0; i < groups.length; ++i) {
            I.Group memory g = groups[i];
            g.flags |= own;
            bytes memory head = abi.encodePacked(uint8(1), g.kind, g.algorithm, g.flags, id, g.scene);
            for (uint256 j = 0; j < g.payloads.length; ++j) {
                bytes memory rest = abi.encodePacked(_now(), g.validUntil, g.payloads[j], by);
                bytes32 hash = keccak256(abi.encodePacked(head, rest));
                require(keccak256(_entries[index++]) == hash, "the entry of the payload");
            }
        }
    }

    function _documentGroup() private returns (I.Group memory group) {
        group = _recordGroup(1);
        group.scene = _oneIn(16) ? _id(_expected.sceneCount) : _validScene();
        group.algorithm = uint8(1 + _pick(2));
        group.flags = uint8(_pick(2));
    }

    function _validScene() private returns (uint32) {
        return _expected.sceneCount == 0 ? 0 : 1 + uint32(_pick(_expected.sceneCount));
    }

    function _recordGroup(uint8 kind) private returns (I.Group memory group) {
        bytes32[] memory payloads = new bytes32[](1 + _pick(_oneIn(8) ? 9 : 2));
        for (uint256 i = 0; i < payloads.length; ++i) payloads[i] = bytes32(1 + _pick(1 << 255));
        uint64 validUntil = _oneIn(2) ? 0 : _now() + 1 + uint64(_pick(365 days));
        return I.Group(kind, 0, 1, 1, validUntil, payloads);
    }

    function _spoil(I.Group memory group) private {
        uint256 fault = _pick(25);
        if (fault < 4) group.kind = uint8(_pick(_oneIn(2) ? 7 : 256));
        else if (fault < 8) group.algorithm = uint8(_pick(_oneIn(2) ? 4 : 256));
        else if (fault < 12) group.flags = uint8(_pick(_oneIn(2) ? 4 : 256));
        else if (fault < 15) group.scene = _id(_expected.sceneCount);
        else if (fault < 18) group.validUntil = _now() + uint64(_pick(2));
        else if (fault < 20) group.validUntil = MAX_TIME + uint64(_pick(2));
        else if (fault < 22) group.payloads = new bytes32[](0);
        else if (fault < 24) group.payloads[_pick(group.payloads.length)] = 0;
        else group.payloads = new bytes32[](2_001);
    }

    /// @dev Mostly a key that may write now.
    function _writer() private returns (address by) {
        by = _someone();
        if (_oneIn(16)) return by;
        if (_oneIn(3)) return _onItsBoundary();
        for (uint256 tries = 0; tries < 12; ++tries) {
            by = _key();
            uint32 id = _expected.keys[by].holder;
            if (_inForce(_expected.keys[by], _now()) && _expected.institutions[id].state == 1) return by;
        }
    }

    /// @dev A key at the first or the last second of its window, or beside it.
    function _onItsBoundary() private returns (address by) {
        bool ends = _oneIn(2);
        for (uint256 tries = 0; tries < 12; ++tries) {
            by = _key();
            I.Key memory key = _expected.keys[by];
            uint64 moment = ends ? key.until : key.from;
            if (moment < _now() || moment > _now() + 3 days) continue;
            _goNear(moment);
            return by;
        }
    }

    // ---- setStatus

    function setStatus(uint256 seed) external step(seed) {
        uint8[8] memory actions = [0, 5, 1, 2, 2, 2, 3, 3];
        uint64 index = _document();
        uint8 action = _expected.statuses[index].action == 2 && _oneIn(2) ? 3 : actions[_pick(8)];
        I.Inclusion memory document = _inclusion(index);
        I.Inclusion memory none;
        _setStatus(document, action, _oneIn(16) ? document : none);
    }

    function supersede(uint256 seed) external step(seed) {
        uint64 index = _document();
        I.Inclusion memory successor = _inclusion(_sibling(index));
        if (_oneIn(16)) _forge(successor);
        _setStatus(_inclusion(index), 4, successor);
    }

    /// @notice An inclusion that proves nothing, or one of an entry that is no document.
    function setStatusForged(uint256 seed) external step(seed) {
        I.Inclusion memory document = _inclusion(_oneIn(4) ? uint64(_pick(_expected.size)) : _document());
        if (!_oneIn(4)) _forge(document);
        I.Inclusion memory none;
        _setStatus(document, uint8(1 + _pick(3)), none);
    }

    function _setStatus(I.Inclusion memory document, uint8 action, I.Inclusion memory successor) private {
        uint8 reason = uint8(_oneIn(16) ? _pick(256) : 1 + _pick(6));
        address by = _actor(document);
        uint64 index = _expected.size;
        bytes memory data = abi.encodeCall(I.setStatus, (document, action, reason, successor));
        bytes memory refusal = _statusRefused(by, document, action, reason, successor);
        if (!_call(by, data, refusal, abi.encode(index))) return;
        uint32 actor = _actorOf(by, _ownerOf(document.entry));
        _expected.statuses[document.index] = I.Status(action, reason, actor, successor.index, index, _now());
        if (action == 2) _suspended.push(document.index);
        _expectEntries(1);
        _settle(1);
    }

    /// @dev Mostly a key of the owner or, where that is not active, the accreditor.
    function _actor(I.Inclusion memory document) private returns (address by) {
        if (document.entry.length != 80 || _oneIn(8)) return _oneIn(2) ? _key() : _someone();
        uint32 owner = _ownerOf(document.entry);
        if (_oneIn(_expected.institutions[owner].state == 1 ? 16 : 2)) return _holderOf(ACCREDITOR);
        for (uint256 i = _keys.length; i > 0; --i) {
            by = _keys[i - 1];
            if (_expected.keys[by].holder == owner && _inForce(_expected.keys[by], _now())) return by;
        }
    }

    function _document() private returns (uint64 index) {
        if (_documents.length == 0) return uint64(_pick(_expected.size));
        if (_suspended.length != 0 && _oneIn(4)) return _suspended[_recent(_suspended.length, 4)];
        if (_consents.length != 0 && _oneIn(8)) return _consents[_recent(_consents.length, 16)];
        bool inactive = _oneIn(4);
        for (uint256 tries = 0; tries < 8; ++tries) {
            index = _documents[_recent(_documents.length, 32)];
            if (!inactive || _expected.institutions[_ownerOf(_entries[index])].state != 1) break;
        }
    }

    /// @dev Mostly another document of the same institution.
    function _sibling(uint64 index) private returns (uint64 other) {
        if (_oneIn(8)) return index;
        other = _document();
        for (uint256 tries = 0; tries < 8 && !_oneIn(16); ++tries) {
            if (_ownerOf(_entries[other]) == _ownerOf(_entries[index]) && other != index) return other;
            other = _document();
        }
    }

    /// @dev True of a size that the registry has a root of, the last one or an earlier one.
    function _inclusion(uint64 index) private returns (I.Inclusion memory) {
        uint64 size = _sizes[_recent(_sizes.length, 4)];
        if (size <= index) size = _sizes[_sizes.length - 1];
        return I.Inclusion(_entries[index], index, size, _tree.path(index, size));
    }

    function _forge(I.Inclusion memory inclusion) private {
        uint256 length = inclusion.proof.length;
        uint256 fault = _pick(length == 0 ? 2 : 9);
        if (fault < 2) inclusion.entry[_pick(80)] ^= bytes1(uint8(1 << _pick(8)));
        else if (fault == 2) inclusion.proof[_pick(length)] ^= bytes32(1 << _pick(256));
        else if (fault == 3) inclusion.proof = _resized(inclusion.proof, length - 1);
        else if (fault == 4) inclusion.proof = _resized(inclusion.proof, length + 1 + 64 * _pick(2));
        else if (fault == 5) inclusion.index = uint64(_pick(_expected.size + 2));
        else if (fault == 6) inclusion.size = uint64(_pick(_expected.size + 3));
        else if (fault == 7) inclusion.entry = abi.encode(inclusion.proof[0], inclusion.proof[0]);
        else inclusion.entry = new bytes(_pick(3) + 79);
    }

    function _resized(bytes32[] memory from, uint256 length) private pure returns (bytes32[] memory to) {
        to = new bytes32[](length);
        for (uint256 i = 0; i < length && i < from.length; ++i) to[i] = from[i];
    }

    // ---- reads

    /// @notice verifyInclusion says the same as the definition, and never reverts.
    function look(uint256 seed) external step(seed) {
        I.Inclusion memory inclusion = _inclusion(uint64(_pick(_expected.size)));
        if (_oneIn(2)) _forge(inclusion);
        bool held = _isIncluded(inclusion);
        require(
            _registry.verifyInclusion(inclusion.entry, inclusion.index, inclusion.size, inclusion.proof) ==
                held,
            "verifyInclusion"
        );
        if (held) ++looks.accepted;
        else ++looks.refused;
    }
}
